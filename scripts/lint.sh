#!/usr/bin/env bash
# Our sources against .clang-format and .clang-tidy, and the scripts against shellcheck:
# lint.sh [FILE...]; without a file, all of them. Changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh lint
if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files <<<"$(find cmd internal test-backend tests scripts -name '*.[ch]pp' | sort)"
fi
status=0

echo "clang-format: ${#files[@]} files"
printf '%s\0' "${files[@]}" | xargs -0 clang-format --dry-run -Werror || status=1

mapfile -t scripts <<<"$(find scripts .ci -name '*.sh' -o -path '.ci/run' | sort)"
echo "shellcheck: ${#scripts[@]} files"
shellcheck -x -S warning "${scripts[@]}" || status=1

# A directory of its own: clang cannot read the headers that gcc has precompiled.
cmake -S . -B build-lint -G Ninja -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
sources=()
for file in "${files[@]}"; do
  # The benchmark's programs are built by itself, not by CMake.
  [[ $file != *.cpp || $file == scripts/* ]] || sources+=("$file")
done
echo "clang-tidy: ${#sources[@]} files"
# Headers are looked at through the sources that include them. On stderr it only counts the warnings
# of other people's headers.
printf '%s\0' "${sources[@]}" |
  xargs -0 -r -n 1 -P "$(nproc)" clang-tidy -p build-lint --quiet 2>build-lint/stderr.txt || status=1
[ $status -eq 0 ] || grep -v 'warnings\{0,1\} \(generated\|treated\)' build-lint/stderr.txt >&2 || true

[ $status -eq 0 ] && echo "lint: clean"
exit $status
