#!/usr/bin/env bash
# What a forwarded request costs this balancer and its rivals, measured side by side in one run:
#
#   run.sh [--write]          --write puts the result into docs/benchmarks.md
#
# BENCH_QUICK=1 takes fewer and shorter rounds; BUILD_DIR (build) is where the balancer is built.
# The contender under test has core 0 to itself; the load generator and the backend share core 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin
build=${BUILD_DIR:-build}
page=docs/benchmarks.md

# A contender is a line here, its configuration NAME.conf beside this script (@PORT@, @BACKEND@ and
# @DIR@ are filled in), and its command, which must stay in the foreground as one process.
contenders=(balancer nginx nginx-lean)
command_of() {
  case $1 in
    balancer) echo "$build/cmd/balancer/balancer --config-path $dir/balancer.conf" ;;
    nginx | nginx-lean | backend) echo "nginx -p $dir -c $dir/$1.conf" ;;
  esac
}
version_of() {
  case $1 in
    balancer) "$build/cmd/balancer/balancer" --version ;;
    nginx*) nginx -v 2>&1 | sed 's/.*: //' ;;
  esac
}

shapes=(few browser)
declare -A title=([few]='few header fields' [browser]="a browser's fourteen header fields")
# h2load's arguments for each shape; load() takes them by the shape's name.
# shellcheck disable=SC2034
few=()
# shellcheck disable=SC2034
browser=(
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
  -H 'accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
  -H 'accept-encoding: gzip, deflate, br, zstd'
  -H 'accept-language: en-GB,en;q=0.9,de;q=0.7'
  -H 'cache-control: max-age=0'
  -H 'cookie: session=6f1c2b7e9d5a4c3f8e0b1a2d3c4e5f60; theme=dark; _ga=GA1.1.1234567890.1700000000; consent=necessary-statistics'
  -H 'dnt: 1'
  -H 'referer: https://shop.example.com/catalogue/search?query=coffee+grinder&page=2&sort=price'
  -H 'sec-ch-ua: "Chromium";v="126", "Not A(Brand";v="24", "Google Chrome";v="126"'
  -H 'sec-fetch-dest: document'
  -H 'sec-fetch-mode: navigate'
  -H 'sec-fetch-site: same-origin'
  -H 'upgrade-insecure-requests: 1'
)
connections=64
target=1.25
tick_ns=$((1000000000 / $(getconf CLK_TCK)))
rounds=15 requests=10000
counted=4000  # requests under valgrind and strace, which are slow and exact
[ "${BENCH_QUICK:-}" != 1 ] || rounds=5 requests=3000 counted=1000

die() { echo "bench: $*" >&2; exit 1; }

write=''
case $# in
  0) ;;
  1) [ "$1" = --write ] || die "usage: run.sh [--write]"; write=1 ;;
  *) die "usage: run.sh [--write]" ;;
esac
[ "$(nproc)" -ge 2 ] || die "this needs two cores"

# --- processes: all run in the background, so that Ctrl+C ends them at once ---------------------

dir=$(mktemp -d)
declare -A running=()
spawn() {  # COMMAND...: its pid is $started
  "$@" &
  started=$!
  running[$started]=1
}
finish() {  # PID: waits for its end
  local status=0
  wait "$1" || status=$?
  unset "running[$1]"
  return $status
}
end() {  # PID
  kill -TERM "$1" 2>/dev/null || true
  finish "$1" || true
}
clean_up() {
  trap '' INT TERM
  local pid
  for pid in "${!running[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${!running[@]}"; do
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- the parts ----------------------------------------------------------------------------------

declare -A port=() pid=()
free_port() {  # the result is $free; below the range from which the kernel takes ports by itself
  while :; do
    free=$((RANDOM % 12000 + 20000))
    [[ " ${port[*]} " == *" $free "* ]] || (exec 3<>"/dev/tcp/127.0.0.1/$free") 2>/dev/null || break
  done
}

start() {  # CORE NAME [WRAPPER...]: its pid is ${pid[NAME]}
  local core=$1 name=$2
  shift 2
  # shellcheck disable=SC2046  # a command is words
  spawn taskset -c "$core" "$@" $(command_of "$name") >"$dir/$name.out" 2>&1
  pid[$name]=$started
  local deadline=$((SECONDS + 20))
  until scripts/healthcheck.sh "${port[$name]}" / 2>/dev/null; do
    if ! kill -0 "$started" 2>/dev/null || [ $SECONDS -ge $deadline ]; then
      die "$name does not serve: $(cat "$dir/$name.out" "$dir/$name.log" 2>/dev/null)"
    fi
    sleep 0.1
  done
}

load() {  # NAME REQUESTS [WRAPPER...]: sends exactly so many in the current $shape; $rate a second
  local to=$1 n=$2
  shift 2
  local -n fields=$shape
  spawn "$@" taskset -c 1 h2load --h1 -n "$n" -c "$connections" "${fields[@]}" \
    "http://127.0.0.1:${port[$to]}/" >"$dir/load.out" 2>&1
  finish "$started" || die "h2load: $(cat "$dir/load.out")"
  grep -q "^status codes: $n 2xx" "$dir/load.out" ||
    die "$to did not answer every request with 200: $(grep '^status' "$dir/load.out")"
  rate=$(awk '/^finished/ { print $4 }' "$dir/load.out")
}

# --- what is measured, into $dir/samples --------------------------------------------------------

# Of $name in this $shape and $round; with REQUESTS, divided by it.
sample() {  # METRIC VALUE [REQUESTS]
  awk -v key="$shape $1 $round $name" -v value="$2" -v n="${3:-1}" \
    'BEGIN { printf "%s %.3f\n", key, value / n }' >>"$dir/samples"
}

events=instructions:u,instructions:k
can_count() {
  perf stat -x, -e "$events" true 2>"$dir/perf.out" && ! grep -q '<not' "$dir/perf.out"
}

cpu_of() {  # PID: nanoseconds on the CPU, all threads
  cat "/proc/$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'
}
ticks_of() {  # PID: clock ticks in user and in system mode, all threads
  sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 12,13
}

# Throughput and time on the CPU, and instructions where they can be counted.
measure_round() {
  local before count=() user kernel all
  if [ "$counters" ]; then
    count=(perf stat -x ',' -o "$dir/perf.out" -e "$events" -p "${pid[$name]}" --)
  fi
  before=$(cpu_of "${pid[$name]}")
  load "$name" "$requests" "${count[@]}"
  sample cpu $(($(cpu_of "${pid[$name]}") - before)) "$requests"
  sample throughput "$rate"
  [ "$counters" ] || return 0
  read -r user kernel all < <(awk -F , '$3 ~ /:u/ { u = $1 } $3 ~ /:k/ { k = $1 }
    END { printf "%.0f %.0f %.0f\n", u, k, u + k }' "$dir/perf.out")
  if [ "$user" = 0 ] || [ "$kernel" = 0 ]; then die "perf stat: $(cat "$dir/perf.out")"; fi
  sample instructions "$all" "$requests"
  sample instructions_user "$user" "$requests"
  sample instructions_kernel "$kernel" "$requests"
}

# Every round takes each contender once, shuffled: what else the machine does meets them alike, so
# that the ratio within a round stays when the figures themselves jump.
measure_rounds() {
  local ticks
  local -A before
  for name in "${contenders[@]}"; do
    load "$name" "$((requests / 10))"
    before[$name]=$(ticks_of "${pid[$name]}")
  done
  for ((round = 1; round <= rounds; round++)); do
    for name in $(shuf -e "${contenders[@]}"); do measure_round; done
  done
  # The kernel samples the split at its ticks: only all rounds together have enough of them.
  for name in "${contenders[@]}"; do
    read -r -a ticks <<<"${before[$name]} $(ticks_of "${pid[$name]}")"
    sample user_time $(((ticks[2] - ticks[0]) * tick_ns)) $((rounds * requests))
    sample system_time $(((ticks[3] - ticks[1]) * tick_ns)) $((rounds * requests))
  done
}

# The next two take the difference of a longer and a shorter run: start, connects and end fall out.
measure_system_calls() {
  local n calls
  for name in "${contenders[@]}"; do
    calls=()
    for n in $((counted / 4)) $((counted * 5 / 4)); do
      spawn strace -f -c -U calls,name -o "$dir/strace.out" -p "${pid[$name]}" 2>"$dir/strace.log"
      local strace=$started
      until grep -q attached "$dir/strace.log"; do
        if ! kill -0 "$strace" 2>/dev/null; then
          finish "$strace" || echo "no system calls counted: $(cat "$dir/strace.log")" >&2
          return 0
        fi
        sleep 0.05
      done
      load "$name" "$n"
      end "$strace"
      calls+=("$(awk '$2 == "total" { print $1 }' "$dir/strace.out")")
    done
    sample system_calls $((calls[1] - calls[0])) "$counted"
  done
}

measure_user_instructions() {
  local n collected
  for name in "${contenders[@]}"; do
    collected=()
    for n in $((counted / 4)) $((counted * 5 / 4)); do
      start 0 "$name" valgrind --tool=callgrind --callgrind-out-file=/dev/null
      load "$name" "$n"
      end "${pid[$name]}"
      collected+=("$(awk '/Collected/ { print $NF }' "$dir/$name.out")")
    done
    sample valgrind $((collected[1] - collected[0])) "$counted"
  done
}

# --- report -------------------------------------------------------------------------------------

table() {
  awk -v shape="$shape" -v names="${contenders[*]}" -v target="$target" -v judged="$judged" \
    -f scripts/bench/table.awk "$dir/samples"
}

tables() {
  for shape in "${shapes[@]}"; do
    printf '\n## %s\n\n' "${title[$shape]}"
    table
  done
}

machine() {
  local model
  model=$(sed -n '/^model name.*: / { s///p; q }' /proc/cpuinfo)
  echo "$model, $(nproc) cores, Linux $(uname -r)"
}
versions() {
  for name in "${contenders[@]}"; do version_of "$name"; done | sort -u | paste -sd , | sed 's/,/, /g'
}

# What the figures are worth on this machine.
caveats() {
  if [ "$counters" ]; then
    fmt -w 98 <<'END'
Instructions are counted by the processor (`perf stat`), so the target is checked as it is stated:
user mode and kernel together.
END
  else
    fmt -w 98 <<'END'
The processor's counters cannot be read on this machine (`perf stat` says so), so the target, which
is for instructions in user mode and kernel together, was not checked as it is stated. In its place
stand two measures that must both meet it: instructions in user mode, counted by valgrind's
callgrind, exact but blind to the kernel; and time on the CPU, which has both, but is a time, with
the noise of one. The kernel's instructions were not measurable; the number of system calls, counted
by strace in a run of its own, is a hint.
END
  fi
}

page() {
  cat <<END
# Benchmarks

Written by \`scripts/bench/run.sh --write\`; \`make bench\` measures the same and only prints.

- date: $(date -u +%Y-%m-%d)
- machine: $(machine)
- versions: $(versions), h2load $(h2load --version | sed 's/.* //')
- a shape and contender: $rounds rounds of $requests requests over $connections connections

END
  fmt -w 98 <<'END'
Every contender is one process on core 0; the load generator (h2load, HTTP/1.1, kept alive) and the
backend, an nginx with a fixed answer of 108 bytes, share core 1. The balancer has one worker, one
backend and the embedded store. `nginx` does the same work: kept-alive upstream, `limit_req`,
X-Forwarded-For, -Proto and -Host, X-Request-ID. `nginx-lean` leaves the last three out. The
configurations stand in `scripts/bench`.

In a round the contenders take turns, and a ratio is the median of the rounds' ratios, with its middle
half in brackets: what else the machine does meets all of them alike. The figures themselves are
medians, and good only beside each other. The split of the time on the CPU is the kernel's sampling
by clock ticks, over all rounds together, and coarse. Requests a second are bounded by the core that
is full first, which may be that of the load generator.

END
  caveats
  tables
}

# --- the run ------------------------------------------------------------------------------------

scripts/build.sh "$build" balancer >"$dir/build.out" || die "$(cat "$dir/build.out")"
counters='' judged='valgrind cpu'
if can_count; then counters=1 judged=instructions; fi

for name in backend "${contenders[@]}"; do
  free_port
  port[$name]=$free
done
for name in backend "${contenders[@]}"; do
  sed "s|@DIR@|$dir|; s|@PORT@|${port[$name]}|; s|@BACKEND@|${port[backend]}|" \
    "scripts/bench/$name.conf" >"$dir/$name.conf"
done

start 1 backend
for name in "${contenders[@]}"; do start 0 "$name"; done
for shape in "${shapes[@]}"; do
  echo "measuring ${contenders[*]}: ${title[$shape]}" >&2
  round=0
  measure_rounds
  measure_system_calls
done
for name in "${contenders[@]}"; do end "${pid[$name]}"; done
if [ ! "$counters" ]; then
  echo "counting instructions with valgrind" >&2
  for shape in "${shapes[@]}"; do measure_user_instructions; done
fi

if [ "$write" ]; then
  page >"$dir/page.md"
  mv "$dir/page.md" "$page"
  echo "wrote $page" >&2
fi
echo "$(machine); $(versions)"
echo
caveats
tables
