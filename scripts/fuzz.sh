#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and runs each for FUZZ_SECONDS (20), from the seeds in
# tests/fuzz/corpus: fuzz.sh [NAME...], fuzz_chunked for instance; without a name, all of them. What
# widens the coverage is kept in build-fuzz/corpus, what fails in build-fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh fuzz
targets=("$@")
if [ $# -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do
    targets+=("$(basename "$source" .cpp)")
  done
fi
scripts/build.sh build-fuzz -DBALANCER_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ \
  -DBALANCER_SANITIZE=address,undefined "${targets[@]}"

mkdir -p build-fuzz/crashes
for name in "${targets[@]}"; do
  echo "== $name, ${FUZZ_SECONDS:-20} s"
  mkdir -p "build-fuzz/corpus/$name"
  "build-fuzz/tests/fuzz/$name" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 \
    -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 -max_len=4096 \
    -dict=tests/fuzz/http.dict -artifact_prefix="build-fuzz/crashes/$name-" \
    "build-fuzz/corpus/$name" tests/fuzz/corpus/*
done
echo "fuzz: nothing found"
