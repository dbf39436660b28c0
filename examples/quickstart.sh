#!/usr/bin/env bash
# From a clean clone to result files: builds, starts the daemon on a temporary spool (dry run: nothing is sent), drops
# the example files, shows how they fare and stops.
set -euo pipefail
cd "$(dirname "$0")/.."

./Tests/install-packages.sh
echo "== build"
swift build --product spoold
swift build --product spoolctl
bin=$(swift build --show-bin-path)

work=$(mktemp -d)
daemon=
finish() {
    if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null && wait "$daemon" || true; fi
    rm -rf "$work"
}
trap finish EXIT

# Settings by environment serve both commands: fast pacing, and a free port.
export SPOOLD_SPOOL_DIRECTORY=$work/spool SPOOLD_STATE_DIRECTORY=$work/state
export SPOOLD_HTTP_LISTEN=127.0.0.1:0 SPOOLD_RESULTS_GRACE=0s
config=examples/no-pacing.yaml

echo "== start the daemon (dry run)"
"$bin/spoold" run --dry-run --config "$config" 2>"$work/log" &
daemon=$!
for _ in $(seq 100); do
    "$bin/spoolctl" --help >/dev/null && [ -S "$work/state/control.sock" ] && break
    kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done

echo "== drop two files: write under another name, then rename"
for file in orders.csv notice.json; do
    cp "examples/$file" "$work/spool/incoming/.$file"
    mv "$work/spool/incoming/.$file" "$work/spool/incoming/$file"
done

echo "== wait for the markers"
marker() { ls "$work/spool/results/$1".{ok,some,err} 2>/dev/null | head -n 1; }
for _ in $(seq 300); do
    [ -n "$(marker orders.csv || true)" ] && [ -n "$(marker notice.json || true)" ] && break
    kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
for file in orders.csv notice.json; do
    [ -n "$(marker $file || true)" ] || { echo "no result for $file" >&2; cat "$work/log" >&2; exit 1; }
done

export SPOOLD_TRANSPORT=dry-run
"$bin/spoolctl" batches --config "$config"
for file in orders.csv.accepted.json orders.csv.result.csv orders.csv.failed.csv notice.json.result.json; do
    echo "== results/$file"
    cat "$work/spool/results/$file"
    echo
done
ls -1 "$work/spool/results"

echo "== stop"
kill "$daemon"
wait "$daemon"
daemon=
echo "done"
