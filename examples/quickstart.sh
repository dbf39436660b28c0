#!/usr/bin/env bash
# From a clean clone to result files: builds, starts the daemon on a temporary spool with a simulator in place of
# WhatsApp and two linked devices, drops the example files, shows what the simulated phones decrypted, and stops.
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

# Settings by environment serve both commands: directories of our own, a free port, and time for the first receipts.
export SPOOLD_SPOOL_DIRECTORY=$work/spool SPOOLD_STATE_DIRECTORY=$work/state
export SPOOLD_HTTP_LISTEN=127.0.0.1:0 SPOOLD_RESULTS_GRACE=2s

# Waits up to 30 s for a command to succeed, as long as the daemon lives.
until_true() {
    for _ in $(seq 300); do
        "$@" && return
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/log" >&2
    echo "waited in vain for: $*" >&2
    exit 1
}

echo "== start the daemon with a simulator"
"$bin/spoold" run --simulate --config examples/spoold.yaml >"$work/simulator" 2>"$work/log" &
daemon=$!
until_true test -S "$work/state/control.sock"
both_connected() { [ "$("$bin/spoolctl" device list --json | grep -c '"status":"connected"')" = 2 ]; }
until_true both_connected
"$bin/spoolctl" device list

echo "== drop three files: write under another name, then rename"
cp examples/media/* "$work/spool/media/"
for file in orders.csv notice.json attachments.csv; do
    cp "examples/$file" "$work/spool/incoming/.$file"
    mv "$work/spool/incoming/.$file" "$work/spool/incoming/$file"
done

echo "== wait for the markers"
marked() {
    local ending
    for ending in ok some err; do [ ! -e "$work/spool/results/$1.$ending" ] || return 0; done
    return 1
}
until_true marked orders.csv
until_true marked notice.json
until_true marked attachments.csv

"$bin/spoolctl" batches
for file in orders.csv.accepted.json orders.csv.result.csv orders.csv.failed.csv notice.json.result.json \
    attachments.csv.result.csv; do
    echo "== results/$file"
    cat "$work/spool/results/$file"
    echo
done
ls -1 "$work/spool/results"

echo "== what the phones decrypted"
control=$(sed 's/.*"control": "\([^"]*\)".*/\1/' "$work/simulator")
for number in $("$bin/spoolctl" history --status sent --json | grep -o '"number":"[0-9]*"' | tr -dc '0-9\n' | sort -u); do
    echo "$number: $(curl -sS "$control/phones/$number/inbox")"
done

echo "== what they were sent has the SHA-256 of the originals"
# Phones fetch an attachment when they have decrypted its message.
arrived() { curl -sS "$control/phones/$1/inbox" | grep -q "\"sha256\":\"$2\".*\"status\":\"verified\""; }
while read -r number file; do
    sum=$(sha256sum "examples/media/$file" | cut -d' ' -f1)
    until_true arrived "$number" "$sum"
    echo "$number: $file $sum"
done <<'FILES'
923001234575 invoice.pdf
923001234576 parcel.jpg
923001234577 shipped.ogg
FILES

echo "== stop"
kill "$daemon"
wait "$daemon"
daemon=
echo "done"
