#!/usr/bin/env bash
# Looks for what building needs, and installs what is missing with apt-get. Rust itself is only checked.
# Nothing is done where everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
stop() { say "prerequisites: $1"; say "  try: $2"; exit 1; }

wanted=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)
command -v cargo >/dev/null || stop "Rust is not installed (cargo is not in the PATH)" \
    "install Rust $wanted or newer, see https://rustup.rs, and open a new shell"
found=$(rustc --version | sed 's/^rustc \([0-9.]*\).*/\1/')
oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
[ "$oldest" = "$wanted" ] || stop "Rust $found is too old, $wanted or newer is needed" "rustup update stable"

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
if ! command -v pkg-config >/dev/null; then
    missing+=(pkg-config libssl-dev)
elif ! pkg-config --exists 'openssl >= 1.1.1'; then
    missing+=(libssl-dev)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null || stop "missing: ${missing[*]} (names as in Debian)" \
    "install them with this system's package manager; openssl means its headers too"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || stop "missing: ${missing[*]}; installing them needs root" \
        "as root: apt-get install ${missing[*]}"
    as_root=(sudo)
fi
say "prerequisites: installing ${missing[*]}"
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; }
if ! install >&2; then
    # A fresh machine has no package lists yet.
    "${as_root[@]}" apt-get update >&2 || stop "the package lists can't be fetched" "check the network and the proxy of apt"
    install >&2 || stop "apt-get could not install ${missing[*]}" "read what it says above"
fi
