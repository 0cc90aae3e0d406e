#!/usr/bin/env bash
# Configures and builds: build.sh DIR [-DNAME=VALUE...] [TARGET...]; without a target, everything.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$1
shift
options=() targets=()
for argument in "$@"; do
  case $argument in
    -D*) options+=("$argument") ;;
    *) targets+=(--target "$argument") ;;
  esac
done

# A job a core, and 1.5 GB for each: a compiler that swaps or is killed is slower still.
jobs=$(nproc)
memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null || true)
if [ -n "$memory_kb" ] && [ $((memory_kb / 1500000)) -lt "$jobs" ]; then
  jobs=$((memory_kb / 1500000))
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake -S . -B "$dir" -G Ninja "${options[@]}" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build "$dir" --parallel $((jobs > 0 ? jobs : 1)) "${targets[@]}"
