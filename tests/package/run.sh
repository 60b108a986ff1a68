#!/usr/bin/env bash
# The life of the Debian package on a bare Debian 12: `make package-test` calls this. mmdebstrap makes the system in a
# folder, with nothing but what the package asks for; then the tests of tests/it/package install, run, upgrade, remove
# and purge the package in it. Needs root (for chroot) and Debian's archive, so it is not part of `make test`.
#
#   RELEASE=bookworm MIRROR=http://deb.debian.org/debian tests/package/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

release=${RELEASE:-bookworm}
mirror=${MIRROR:-http://deb.debian.org/debian}

stop() { printf '%s\n  try: %s\n' "package-test: $1" "$2" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || stop "root is needed" "sudo make package-test"
command -v mmdebstrap >/dev/null || stop "mmdebstrap is missing" "installer/prerequisites.sh package-test"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

cargo build --locked
package=$(PROGRAM=target/debug/intune-connector OUT=$work COMPRESSION=none installer/build-deb.sh)
# The first of alternatives, without versions; dpkg compares those when it installs.
needed=$(dpkg-deb --field "$package" Depends | tr ',' '\n' | sed 's/[|(].*//; s/ //g' | paste --serial --delimiters=,)
echo "package-test: $release with $needed" >&2
mmdebstrap --variant=minbase --include="$needed" "$release" "$work/root" "$mirror" ||
    stop "a bare $release can not be made from $mirror" "check the network, or MIRROR=http://…"
PACKAGE_ROOT=$work/root cargo test --locked --test it package::lifecycle -- --nocapture
