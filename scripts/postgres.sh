#!/usr/bin/env bash
# A private PostgreSQL in a directory of ours: for fast-start and for the tests.
#
#   postgres.sh start DIR [PORT]   make the cluster when there is none, start it, print its port
#   postgres.sh stop DIR           stop it; nothing happens when it is not running
#   postgres.sh status DIR         exit 0 and its port when it runs, else exit 3
#   postgres.sh psql DIR ARGS...   psql on clients_db as admin
#   postgres.sh remove DIR         stop it and delete its data
#
# It listens on 127.0.0.1 and on a unix socket in DIR/socket. Role admin owns database clients_db
# and needs no password over loopback; the superuser, postgres, comes in by the socket only.
# Run as root it becomes the package's user postgres; where that user cannot reach DIR, the cluster
# lives under /var/tmp, and DIR/data and DIR/socket are symlinks to it.
set -euo pipefail
export LC_ALL=C

die() { echo "postgres.sh: $*" >&2; exit 1; }
usage() { sed -n '4,8s/^#   //p' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
command=$1
mkdir -p "$2" 2>/dev/null || die "cannot make the directory $2"
dir=$(cd "$2" && pwd -P)
shift 2

# The real places: the owner of the cluster may not be able to follow symlinks in DIR.
resolve() { data=$(readlink -f "$dir/data") socket=$(readlink -f "$dir/socket"); }
resolve

bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -x "$bin/postgres" ] ||
  die "no PostgreSQL server in /usr/lib/postgresql/*/bin: apt-get install postgresql"

# Runs a command as who owns the cluster: postgres refuses to run as root.
as_owner() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
  else
    "$@"
  fi
}
[ "$(id -u)" -ne 0 ] || id postgres >/dev/null 2>&1 ||
  die "run as root, it needs the user postgres: apt-get install postgresql"
cd /

super_psql() {
  as_owner "$bin/psql" -X -q -t -A -v ON_ERROR_STOP=1 -h "$socket" -p "$(port_of)" -U postgres \
    -d postgres -c "$1"
}

# The server's pid, when it runs: the one that its pid file names, if that is a server in our data.
running() {
  local pid cwd
  pid=$(as_owner head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 1
  as_owner kill -0 "$pid" 2>/dev/null || return 1
  cwd=$(as_owner readlink "/proc/$pid/cwd" 2>/dev/null) || return 0  # no /proc here
  [ "$cwd" = "$data" ]
}

port_of() { cat "$dir/port"; }
in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Where the owner can write and a socket's path is short enough: DIR, else /var/tmp.
make_places() {
  [ ! -d "$socket" ] || return 0
  local home=$dir
  if ! as_owner test -x "$dir" || [ ${#socket} -gt 80 ]; then
    home=$(mktemp -d "/var/tmp/balancer-postgres.XXXXXX")
    [ "$(id -u)" -ne 0 ] || chown postgres: "$home"
    rm -f "$dir/data" "$dir/socket"
    ln -s "$home/data" "$dir/data"
    ln -s "$home/socket" "$dir/socket"
  fi
  mkdir -p "$home/data" "$home/socket"
  chmod 700 "$home/data" "$home/socket"
  [ "$(id -u)" -ne 0 ] || chown postgres: "$home/data" "$home/socket"
  resolve
}

make_cluster() {
  if as_owner test -f "$data/PG_VERSION"; then
    local version
    version=$(as_owner cat "$data/PG_VERSION")
    bin=/usr/lib/postgresql/$version/bin
    [ -x "$bin/postgres" ] || die "$data is of PostgreSQL $version, which is not installed"
    return
  fi
  as_owner find "$data/" -mindepth 1 -delete  # an initdb that was cut off
  as_owner "$bin/initdb" -D "$data" --username=postgres --auth=trust \
    --encoding=UTF8 --locale=C >"$dir/initdb.log" 2>&1 ||
    die "initdb failed: $(tail -n 5 "$dir/initdb.log")"
}

configure() {  # PORT
  as_owner tee "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$socket'
max_connections = 100
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
huge_pages = off
max_wal_size = 128MB
wal_level = minimal
max_wal_senders = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
CONF
  as_owner tee "$data/pg_hba.conf" >/dev/null <<CONF
local all all trust
host all admin 127.0.0.1/32 trust
CONF
}

make_database() {
  local found
  found=$(super_psql "SELECT 1 FROM pg_roles WHERE rolname = 'admin'")
  [ -n "$found" ] || super_psql "CREATE ROLE admin LOGIN CREATEDB"
  found=$(super_psql "SELECT 1 FROM pg_database WHERE datname = 'clients_db'")
  [ -n "$found" ] || super_psql "CREATE DATABASE clients_db OWNER admin"
}

start() {
  local wanted=${1:-} port
  exec 9>"$dir/lock"
  flock -w 120 9 || die "another start holds $dir/lock"
  if running; then
    port=$(port_of)
    [ -z "$wanted" ] || [ "$wanted" = "$port" ] || die "it runs already, on port $port"
    make_database
    echo "$port"
    return
  fi
  make_places
  make_cluster
  [ -z "$wanted" ] || ! in_use "$wanted" || die "port $wanted is in use"
  port=${wanted:-$(cat "$dir/port" 2>/dev/null || echo 0)}
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    # Below the ports that the kernel hands out by itself.
    [ "$port" -ne 0 ] && { [ -n "$wanted" ] || ! in_use "$port"; } ||
      port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    in_use "$port" && { port=0; continue; }
    configure "$port"
    as_owner rm -f "$data/server.log"
    if as_owner "$bin/pg_ctl" start -D "$data" -l "$data/server.log" -w -t 60 -s 9>&- 2>/dev/null
    then
      echo "$port" >"$dir/port"
      make_database
      echo "$port"
      return
    fi
    as_owner tail -n 20 "$data/server.log" | grep -q "could not bind" || break
    [ -z "$wanted" ] || break
    port=0
  done
  die "the server did not start: $(as_owner tail -n 5 "$data/server.log")"
}

stop() {
  running || return 0
  as_owner "$bin/pg_ctl" stop -D "$data" -m fast -w -t 60 -s || die "the server did not stop"
}

remove() {
  stop
  case $data in /var/tmp/balancer-postgres.*) rm -rf "$(dirname "$data")" ;; esac
  rm -rf "$dir/data" "$dir/socket" "$dir/port" "$dir/lock" "$dir/initdb.log"
}

case $command in
  start) start "$@" ;;
  stop) stop ;;
  status) running && port_of || exit 3 ;;
  psql) exec "$bin/psql" -X -h 127.0.0.1 -p "$(port_of)" -U admin -d clients_db "$@" ;;
  remove) remove ;;
  *) usage ;;
esac
