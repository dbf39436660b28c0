#!/usr/bin/env bash
# Two clients that others wrote (PyPI, pinned with hashes) link themselves with the simulator, read what the daemon
# sends, and answer; fails when one of them does not. Needs the built programs.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.build-independent
requirements=Tests/IndependentClients/requirements.txt
if ! cmp -s "$requirements" "$environment/installed.txt"; then
    echo "== installing the clients"
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --no-input --only-binary :all: --require-hashes \
        -r "$requirements"
    cp "$requirements" "$environment/installed.txt"
fi
PYTHONDONTWRITEBYTECODE=1 "$environment/bin/python" Tests/IndependentClients/run.py "$(swift build --show-bin-path)"
