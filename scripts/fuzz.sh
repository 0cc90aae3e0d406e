#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and runs each for FUZZ_SECONDS (20), from its corpus in
# tests/fuzz/corpus/NAME. What is found new goes to build-fuzz/corpus, what crashes to
# build-fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh fuzz
scripts/build.sh build-fuzz -DBALANCER_FUZZ=ON -DBUILD_TESTING=OFF -DCMAKE_CXX_COMPILER=clang++ \
  "-DBALANCER_SANITIZE=address,undefined"

mapfile -t programs <<<"$(find build-fuzz/tests/fuzz -maxdepth 1 -type f -perm -u+x | sort)"
if [ -z "${programs[0]}" ]; then
  echo "fuzz.sh: no fuzz targets were built in build-fuzz/tests/fuzz" >&2
  exit 1
fi
mkdir -p build-fuzz/crashes
for program in "${programs[@]}"; do
  name=$(basename "$program")
  echo "== $name, ${FUZZ_SECONDS:-20} s"
  mkdir -p "build-fuzz/corpus/$name"
  seeds=()
  [ ! -d "tests/fuzz/corpus/$name" ] || seeds=("tests/fuzz/corpus/$name")
  "$program" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix=build-fuzz/crashes/"$name"- \
    "build-fuzz/corpus/$name" "${seeds[@]}"
done
echo "fuzz: nothing found"
