#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that reads what strangers write: each target so many minutes.
#   tests/fuzz/run.sh MINUTES [TARGET…]
# What it has found interesting stays in target/fuzz/corpus; an input that breaks something in target/fuzz/found.
set -euo pipefail
cd "$(dirname "$0")"

minutes=${1:?minutes for each target}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

# What cargo-fuzz sets, without a sanitizer: the code is free of `unsafe`, and a stable compiler can do it.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions -Ccodegen-units=1"
host=$(rustc -vV | sed -n 's/^host: //p')
work=$(pwd)/../../target/fuzz
export CARGO_TARGET_DIR=$work/build
cargo build --locked --release --target "$host"

failed=0
for target in "${targets[@]}"; do
    corpus=$work/corpus/$target
    found=$work/found/$target
    mkdir -p "$corpus" "$found"
    case $target in
        template) cp ../../templates/*.xml "$corpus" ;;
        definition) cp ../../workflows/*.xml "$corpus" ;;
        manifest) cp ../../plugin.toml "$corpus" ;;
        *) cp seeds/"$target"/* "$corpus" ;;
    esac
    echo "== $target: $minutes minutes"
    "$work/build/$host/release/$target" "$corpus" \
        -max_total_time=$((minutes * 60)) -timeout=5 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$found/" -verbosity=0 -close_fd_mask=1 || failed=1
done
[ $failed -eq 0 ] && echo "nothing was found" || { echo "something was found: target/fuzz/found"; exit 1; }
