#!/usr/bin/env bash
# The program's own `balancer migrate up|down|status` on the database of fast-start (DB=embedded:
# the SQLite file), or on the one that PG_HOST names, if that is set.
#
#   migration.sh up|down|status
#   migration.sh create NAME      a new numbered pair of files, for PostgreSQL and for SQLite
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "migration: $*" >&2; exit 1; }

create() {
  [[ $1 =~ ^[a-z0-9_]+$ ]] || die "NAME is of a-z, 0-9 and _, as in NAME=add_owner"
  local last number file
  last=$(find migrations -name '[0-9]*_*.sql' -printf '%f\n' | sort | tail -n 1)
  last=${last:-0_}
  number=$(printf '%05d' $((10#${last%%_*} + 1)))
  mkdir -p migrations/sqlite
  for file in "migrations/${number}_$1.sql" "migrations/sqlite/${number}_$1.sql"; do
    printf -- '-- +goose Up\n\n-- +goose Down\n' >"$file"
    echo "made $file"
  done
}

migrate() {
  local config=config/local.yaml
  scripts/install-deps.sh build
  scripts/build.sh build balancer
  if [ "${DB:-postgres}" = embedded ]; then
    config=config/local-embedded.yaml
    mkdir -p .run
    export EMBEDDED_DB_PATH=.run/balancer.db
  elif [ -z "${PG_HOST:-}" ]; then
    scripts/install-deps.sh postgres
    if ! scripts/postgres.sh status .run/postgres >/dev/null 2>&1; then
      trap 'scripts/postgres.sh stop .run/postgres' EXIT
    fi
    . scripts/database-env.sh
  fi
  build/cmd/balancer/balancer migrate "$1" --config-path "$config"
}

case ${1:-} in
  up | down | status) migrate "$1" ;;
  create) create "${2:-}" ;;
  *) die "up, down, status or create NAME" ;;
esac
