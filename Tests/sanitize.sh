#!/usr/bin/env bash
# Runs the tests of the wire protocol under a sanitizer: Tests/sanitize.sh thread|address. A full build of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
thread | address) ;;
*)
    echo "usage: Tests/sanitize.sh thread|address" >&2
    exit 64
    ;;
esac

echo "== $1 sanitizer"
# The test runner itself leaks a few hundred bytes, so leaks are not counted.
SPOOL_PART=protocol ASAN_OPTIONS=detect_leaks=0 \
    swift test --sanitize="$1" --scratch-path ".build-$1"
