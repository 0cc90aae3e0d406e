#!/usr/bin/env bash
# Installs from Debian 12's packages what a group of commands needs and the machine lacks.
#
#   install-deps.sh build|postgres|tour|split|test|lint|fuzz|bench|emulator|ping|ci|runtime...
#
# Asks nothing, and touches nothing when all is there. Needs root or sudo otherwise.
set -euo pipefail

die() { echo "install-deps.sh: $*" >&2; exit 1; }

packages_of() {
  case $1 in
    build) echo g++ cmake ninja-build pkg-config ccache libevent-dev libpqxx-dev libyaml-cpp-dev \
      rapidjson-dev libfmt-dev libspdlog-dev libcli11-dev libexpected-dev libsqlite3-dev \
      prometheus-cpp-dev ;;
    postgres) echo postgresql ;;
    tour) echo curl ;;  # for what fast-start and the README say to try
    split) echo python3 ;;
    test) packages_of build; packages_of postgres; echo catch2 prometheus ;;
    lint) packages_of build; echo catch2 clang-format clang-tidy shellcheck ;;
    fuzz) packages_of build; echo clang libclang-rt-14-dev ;;
    bench) packages_of build; echo python3 nginx-light haproxy linux-perf valgrind strace ;;
    emulator) echo qemu-system-x86 busybox-static ;;
    ping) packages_of build; echo python3 wrk ;;
    ci) echo make ;;
    runtime) echo libevent-2.1-7 libevent-pthreads-2.1-7 libpqxx-6.4 libyaml-cpp0.7 libfmt9 \
      libspdlog1.10 libsqlite3-0 libprometheus-cpp-core1.0 ;;
    *) die "no group '$1'; there are build, postgres, tour, split, test, lint, fuzz, bench, emulator, ping, ci, runtime" ;;
  esac
}

installed() {
  case $1 in
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;  # any version will do
    prometheus) command -v promtool >/dev/null ;;  # its checks are what is wanted
    nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

[ $# -gt 0 ] || die "which group?"
command -v dpkg-query >/dev/null || die "this needs Debian 12 (there is no dpkg here)"

wanted=
for group in "$@"; do
  wanted+=" $(packages_of "$group")"
done
missing=()
for package in $(tr ' ' '\n' <<<"$wanted" | sort -u); do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || die "not root and no sudo; as root: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}
apt_install() {
  apt_get install --no-install-recommends "$@" ||
    die "apt-get could not install: $*"
}

echo "Installing: ${missing[*]}"
# A broken source of somebody else need not keep us from Debian's own.
apt_get update || echo "install-deps.sh: apt-get update failed; trying with what is known" >&2

if [[ " ${missing[*]} " == *" postgresql "* ]]; then
  # The package makes a server "main" on port 5432 and starts it, unless told not to. Ours is
  # private (postgres.sh), so that one would only be in the way.
  defaults=/etc/postgresql-common/createcluster.conf
  apt_install postgresql-common
  "${as_root[@]}" cp -p "$defaults" "$defaults.before"
  trap '"${as_root[@]}" mv -f "$defaults.before" "$defaults"' EXIT
  echo 'create_main_cluster = false' | "${as_root[@]}" tee -a "$defaults" >/dev/null
fi
if [[ " ${missing[*]} " == *" prometheus "* ]]; then
  # The package starts a server on port 9090, now and at every boot. A masked one is not started.
  unit=/etc/systemd/system/prometheus.service
  if [ ! -e "$unit" ] && [ ! -L "$unit" ]; then
    "${as_root[@]}" install -d "$(dirname "$unit")"
    "${as_root[@]}" ln -s /dev/null "$unit"
    echo "Only promtool is used; to run the server too: systemctl unmask prometheus"
  fi
fi
apt_install "${missing[@]}"
