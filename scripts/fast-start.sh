#!/usr/bin/env bash
# The whole product on this machine: installs, builds, and runs the balancer on 8080 over three test
# backends on 8081-8083, with a private PostgreSQL (or, with DB=embedded, a SQLite file) in .run/.
# Ctrl+C stops all of it; the data stays.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/processes.sh

die() { echo "fast-start: $*" >&2; exit 1; }

db=${DB:-postgres}
case $db in
  postgres) config=config/local.yaml ;;
  embedded) config=config/local-embedded.yaml ;;
  *) die "DB is postgres or embedded, not '$db'" ;;
esac
backend_ports=(8081 8082 8083)

# One at a time. What is started below must not inherit the lock (9>&-): it may outlive us.
mkdir -p .run
exec 9>.run/fast-start.lock
flock -n 9 || die "another 'make fast-start' runs here; Ctrl+C there or 'make force-stop' ends it"

listening() {  # PORT
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
for port in 8080 8090 "${backend_ports[@]}"; do
  if listening "$port"; then
    die "port $port is in use; 'make force-stop' ends what an earlier fast-start may have left"
  fi
done

groups=(build tour)
[ "$db" = embedded ] || groups+=(postgres)
scripts/install-deps.sh "${groups[@]}" 9>&-
scripts/build.sh build balancer test-backend 9>&-

# A Ctrl+C in a terminal reaches every process of its group, so ours are put in sessions of their
# own: they end when we say, in our order.
stop_all() {
  set +e
  trap - EXIT
  trap '' HUP PIPE
  # A second Ctrl+C does not wait for the requests in flight.
  trap '[ -z "$balancer" ] || kill -TERM "$balancer" 2>/dev/null' INT TERM
  printf '\nfast-start: stopping\n'
  end_recorded 40 balancer
  end_recorded 5 test-backend
  [ "$db" = embedded ] || setsid --wait scripts/postgres.sh stop .run/postgres 9>&-
  rm -f "$pids"
}
balancer=
trap stop_all EXIT
trap 'exit 0' INT TERM HUP

start() {  # NAME LOG COMMAND...
  local name=$1 log=$2
  shift 2
  if [ -n "$log" ]; then
    setsid "$@" >"$log" 2>&1 </dev/null 9>&- &
  else
    setsid "$@" </dev/null 9>&- &
  fi
  started=$!
  record "$name" "$started"
}

await_port() {  # PORT NAME PID [LOG]
  local deadline=$((SECONDS + 30))
  until listening "$1"; do
    kill -0 "$3" 2>/dev/null || { [ -z "${4:-}" ] || cat "$4" >&2; die "$2 did not start"; }
    [ $SECONDS -lt $deadline ] || die "$2 does not listen on port $1 after 30 s"
    sleep 0.05
  done
}

: >"$pids"
record fast-start $$
if [ "$db" = postgres ]; then
  . scripts/database-env.sh
  database="PostgreSQL, 127.0.0.1:$PG_PORT, data in .run/postgres"
else
  export EMBEDDED_DB_PATH=.run/balancer.db
  database="SQLite, $EMBEDDED_DB_PATH"
fi
build/cmd/balancer/balancer migrate up --config-path "$config" 9>&-

for port in "${backend_ports[@]}"; do
  log=.run/test-backend-$port.log
  start test-backend "$log" build/test-backend/test-backend --host-port "127.0.0.1:$port"
  await_port "$port" "the test backend on $port" "$started" "$log"
done
start balancer "" build/cmd/balancer/balancer --config-path "$config"
balancer=$started
await_port 8080 "the balancer" "$balancer"

cat <<TEXT

  balancer       http://localhost:8080   (control plane http://localhost:8090, config $config)
  test backends  http://localhost:8081 8082 8083   (logs in .run/)
  limits in      $database

Try, in another terminal:
  curl -i http://localhost:8080/hello
  curl -i -d '{"client_id":"me","capacity":2,"rate_per_sec":0.5}' http://localhost:8080/limits/create
  for i in 1 2 3; do curl -s -o /dev/null -w '%{http_code}\n' -H 'X-API-Key: me' http://localhost:8080/; done

Ctrl+C stops all of it.

TEXT
status=0
wait "$balancer" || status=$?
echo "fast-start: the balancer ended by itself, with code $status" >&2
exit "$status"
