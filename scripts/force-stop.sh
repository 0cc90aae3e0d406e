#!/usr/bin/env bash
# Stops whatever a fast-start left, by its recorded process ids, and no other process.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/processes.sh

end_recorded 60 fast-start  # which ends its own
end_recorded 40 balancer
end_recorded 5 test-backend
rm -f "$pids"
if scripts/postgres.sh status .run/postgres >/dev/null 2>&1; then
  scripts/postgres.sh stop .run/postgres
  echo "stopped PostgreSQL"
fi
echo "force-stop: nothing of a fast-start is left"
