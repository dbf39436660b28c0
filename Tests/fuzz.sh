#!/usr/bin/env bash
# Fuzzes the parsers that meet bytes from outside: Tests/fuzz.sh [SECONDS [TARGET…]], 600 seconds each by default.
# What crashes one is left in Tests/FuzzingTests/Corpora/TARGET; once fixed it stays there as a regression test.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-600}"
targets=("${@:2}")
[ "${#targets[@]}" -gt 0 ] || targets=(node frame handshake signal-message pre-key-message)

export SPOOL_PART=fuzzing
scratch=.build-fuzz
# lld: gold, the default, cannot link address sanitizer's debug information.
flags=(-c release --scratch-path "$scratch" -Xswiftc -sanitize=fuzzer,address)
echo "== building the fuzzer"
swift build "${flags[@]}" --product spool-fuzz
fuzzer="$(swift build "${flags[@]}" --show-bin-path)/spool-fuzz"

# fuzz TARGET: one run, its log in the scratch folder, a line at its end.
fuzz() {
    local found="$scratch/found-$1" kept="Tests/FuzzingTests/Corpora/$1" log="$scratch/$1.log"
    mkdir -p "$found"
    if SPOOL_FUZZ_TARGET="$1" SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$fuzzer" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$kept/" "$found" "$kept" >"$log" 2>&1 </dev/null; then
        echo "$1: no crash in $seconds s, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
    else
        echo "$1: failed" >&2
        tail -n 40 "$log" >&2
        return 1
    fi
}

echo "== fuzzing ${targets[*]}, $seconds s each, $(nproc) at a time"
status=0
running=()
for target in "${targets[@]}"; do
    fuzz "$target" &
    running+=($!)
    if [ "${#running[@]}" -ge "$(nproc)" ]; then
        wait "${running[0]}" || status=1
        running=("${running[@]:1}")
    fi
done
for process in "${running[@]}"; do wait "$process" || status=1; done
exit "$status"
