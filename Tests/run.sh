#!/usr/bin/env bash
# Installs what is missing, lints, builds, runs every test, and lets clients of others read what the daemon sends.
# `--long` adds the long proofs: kill sweeps, ten thousand texts under cuts and kills, the wire protocol under both
# sanitizers, and fuzzing (half an hour on two cores).
set -euo pipefail
cd "$(dirname "$0")/.."

long=0
for argument in "$@"; do
    case "$argument" in
    --long) long=1 ;;
    *)
        echo "usage: Tests/run.sh [--long]" >&2
        exit 64
        ;;
    esac
done

./Tests/install-packages.sh

echo "== swift format lint"
swift format lint --strict --parallel --recursive Package.swift Sources Tests

echo "== build"
swift build --build-tests

# Those that start the built programs go last: beside two thousand others they would wait for the processor too long.
echo "== tests"
swift test --skip-build --parallel --skip '^EndToEndTests\.'
echo "== tests of the built programs"
swift test --skip-build --parallel --filter '^EndToEndTests\.'

echo "== clients of others"
./Tests/independent-clients.sh

if [ "$long" = 1 ]; then
    echo "== long tests"
    SPOOL_LONG_TESTS=1 swift test --skip-build --filter 'KillSweep|InterruptedSending'
    ./Tests/sanitize.sh thread
    ./Tests/sanitize.sh address
    ./Tests/fuzz.sh
fi
