#!/usr/bin/env bash
# Installs the Debian packages that building and testing need; does nothing when they are there.
set -euo pipefail

packages=(
    libsqlite3-dev libssl-dev libsodium-dev zlib1g-dev libinotifytools0-dev libqrencode-dev libspng-dev
    libturbojpeg0-dev libwebp-dev sqlite3 curl python3-venv
)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
echo "== installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
