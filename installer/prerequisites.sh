#!/usr/bin/env bash
# Looks for what building needs, and installs what is missing with apt-get. Rust itself is only checked.
# Nothing is done where everything is there. With "tests" as its argument it looks for what only the tests need, too;
# with "deb" for what the Debian package needs, with "package-test" for what its test on a bare Debian needs, with
# "accessibility" and "screenshots" for what looks at the pages of the console.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
stop() { say "prerequisites: $1"; say "  try: $2"; exit 1; }

wanted=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)
command -v cargo >/dev/null || stop "Rust is not installed (cargo is not in the PATH)" \
    "install Rust $wanted or newer, see https://rustup.rs, and open a new shell"
version=$(rustc --version 2>&1) || stop "rustc does not run: $version" "rustup default stable"
found=$(printf '%s' "$version" | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
[ -n "$found" ] || stop "rustc does not tell its version: $version" "install Rust $wanted or newer, see https://rustup.rs"
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
# Older PFX files (RC2, 3DES) need OpenSSL's legacy provider; since Debian 13 it is a package of its own.
legacy() { compgen -G '/usr/lib*/ossl-modules/legacy.so' || compgen -G '/usr/lib*/*/ossl-modules/legacy.so'; }
debian=0
if grep -q '^ID=debian$' /etc/os-release 2>/dev/null; then
    debian=$(sed -n 's/^VERSION_ID="\([0-9]*\).*/\1/p' /etc/os-release)
fi
if command -v apt-cache >/dev/null && ! legacy >/dev/null &&
    { [ "${debian:-0}" -ge 13 ] || apt-cache show openssl-provider-legacy >/dev/null 2>&1; }; then
    missing+=(openssl-provider-legacy)
fi
# The example for gateways is tested against a real one. It lies where only root looks for programs.
has_nginx() { command -v nginx || test -x /usr/sbin/nginx; }
if [ "${1:-}" = tests ] && ! has_nginx >/dev/null; then
    missing+=(nginx)
fi
# Targets are tested against real inventories. The tests start servers of their own, in folders of their own.
case ${1:-} in
    tests | accessibility | screenshots)
        compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
        ;;
esac
if [ "${1:-}" = tests ]; then
    test -x /usr/sbin/mariadbd || missing+=(mariadb-server)
    test -x /usr/sbin/apache2 || missing+=(apache2)
    test -e /usr/lib/apache2/modules/mod_perl.so || missing+=(libapache2-mod-perl2)
    for module in XML::Parser=libxml-parser-perl Mojolicious=libmojolicious-perl Plack=libplack-perl Switch=libswitch-perl; do
        perl -M"${module%%=*}" -e 1 2>/dev/null || missing+=("${module#*=}")
    done
    test -e /usr/share/perl5/Apache/Ocsinventory.pm || missing+=(ocsinventory-server)
    test -e /usr/share/ocsinventory-reports/files/ocsbase_new.sql || missing+=(ocsinventory-reports)
fi
# Mail is sent to a real mail server, which the tests start; it is a package for Debian's own Python.
if [ "${1:-}" = tests ]; then
    /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing+=(python3-aiosmtpd)
fi
# Its completions are tried in their shells.
if [ "${1:-}" = tests ]; then
    for tool in zsh fish; do command -v "$tool" >/dev/null || missing+=("$tool"); done
fi
# The Debian package names the libraries that it needs.
case ${1:-} in
    tests | deb) command -v dpkg-shlibdeps >/dev/null || missing+=(dpkg-dev) ;;
esac
# The tests install it into a folder, which makes its account there, and have its unit judged.
if [ "${1:-}" = tests ] && ! { command -v systemd-sysusers && command -v systemd-analyze; } >/dev/null; then
    missing+=(systemd)
fi
if [ "${1:-}" = package-test ]; then
    command -v dpkg-shlibdeps >/dev/null || missing+=(dpkg-dev)
    command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
fi
# The console is looked at in a real browser.
case ${1:-} in
    tests | accessibility | screenshots)
        command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
        command -v chromedriver >/dev/null || missing+=(chromium-driver)
        ;;
esac
case ${1:-} in
    accessibility | screenshots) command -v python3 >/dev/null || missing+=(python3) ;;
esac
# The rules by which its pages are judged come from npm.
if [ "${1:-}" = accessibility ]; then
    command -v npm >/dev/null || missing+=(npm)
fi
# The commands of the README and the management servers in examples/ are run as well.
if [ "${1:-}" = tests ]; then
    for tool in curl jq openssl python3; do command -v "$tool" >/dev/null || missing+=("$tool"); done
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
# Debian starts a server as soon as it is installed. Nobody asked for one here: it may not start now, nor at boot.
policy=/usr/sbin/policy-rc.d
# Services of the servers that are missing: what was there before stays as it is.
servers() {
    local package
    for package in "${missing[@]}"; do
        case $package in
            nginx | postgresql | apache2) printf '%s\n' "$package" ;;
            mariadb-server) printf 'mariadb\n' ;;
        esac
    done
}
quiet() {
    [ -n "$(servers)" ] || return 0
    [ -e "$policy" ] && return 0
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
}
settle() {
    command -v systemctl >/dev/null || return 0
    local server
    for server in $(servers); do
        "${as_root[@]}" systemctl disable "$server" >/dev/null 2>&1 || true
    done
}
quiet
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; }
if ! install >&2; then
    # A fresh machine has no package lists yet.
    # Without the first option apt-get calls it a success when nothing could be fetched.
    "${as_root[@]}" apt-get -o APT::Update::Error-Mode=any update >&2 || stop "missing: ${missing[*]}; the package lists can't be fetched" \
        "check the network and the proxy of apt, or install them by hand"
    install >&2 || stop "apt-get could not install ${missing[*]}" "read what it says above"
fi
settle
