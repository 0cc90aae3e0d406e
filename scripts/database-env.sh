# Sourced: starts the private PostgreSQL in .run/postgres, and exports the PG_* that lead to it.
# shellcheck shell=bash

PG_PORT=$(scripts/postgres.sh start .run/postgres 9>&-) || exit 1
export PG_PORT PG_HOST=127.0.0.1 PG_DATABASE_NAME=clients_db PG_USER=admin PG_PASSWORD='' \
  PG_SSLMODE=disable
