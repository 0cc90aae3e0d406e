#!/usr/bin/env bash
# Builds everything in DIR and runs every test: test.sh DIR [-DNAME=VALUE...]
# Ends with the line "N passed, N failed", of ctest's entries; exit 0 when there were some and none
# failed.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$1
scripts/install-deps.sh test
scripts/build.sh "$@"

# TSan's memory layout does not bear the wide address randomisation of newer kernels.
run=()
if [[ " $* " == *" -DBALANCER_SANITIZE=thread "* ]] && setarch -R true 2>/dev/null; then
  run=(setarch -R)
fi

report=$dir/test-report.txt
status=0
"${run[@]}" ctest --test-dir "$dir" -j2 --timeout 300 --no-tests=error --output-on-failure |
  tee "$report" || status=$?

# ctest ends with "95% tests passed, 1 tests failed out of 20".
counts='s/^.*tests passed, \([0-9]*\) tests\{0,1\} failed out of \([0-9]*\)$/\1 \2/p'
read -r failed total <<<"$(sed -n "$counts" "$report" | tail -n 1)"
failed=${failed:-0} total=${total:-0}
echo "$((total - failed)) passed, $failed failed"
[ "$total" -gt 0 ] && [ "$status" -eq 0 ]
