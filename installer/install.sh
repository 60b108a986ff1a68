#!/usr/bin/env bash
# Puts the program and what belongs to it in place: `make install`, and the content of the Debian package. What it puts
# below PREFIX, installer/uninstall.sh takes away.
#   PROGRAM  the program that was built
#   PREFIX   /usr/local unless given; DESTDIR stands before each path, for packages
#   ZSH      folder of completions for zsh below PREFIX; Debian has one of its own
# Templates and workflows are inside the program.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

program=${PROGRAM:-target/release/intune-connector}
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}
zsh=${ZSH:-share/zsh/site-functions}
name=intune-connector

stop() { printf '%s\n  try: %s\n' "install: $1" "$2" >&2; exit 1; }
[ -x "$program" ] || stop "there is no program at $program" "make build"
case $prefix in
    /?*) ;;
    *) stop "PREFIX is $prefix, which does not begin with /, or is / itself" "make install PREFIX=/usr/local" ;;
esac
prefix=${prefix%/}
# It is written into the unit and into commands, where these mean something else.
case $prefix in
    *[[:space:]\'\"\\\$%\&\;\|]*) stop "PREFIX is $prefix: blanks and the characters ' \" \\ \$ % & ; | are not possible in it" \
        "make install PREFIX=/usr/local" ;;
esac
target=$root$prefix
mkdir -p "$target" 2>/dev/null && [ -w "$target" ] ||
    stop "$target can not be written" "sudo make install, or make install PREFIX=\$HOME/.local"

# A program that runs can not be written to; it can be replaced.
put() { install -D -m "$1" "$2" "$3.new" && mv -f "$3.new" "$3"; }
put_all() { install -D -m 644 -t "$@"; }
# Paths in the unit are those of /usr/local.
adapt() { sed "s|/usr/local/|$prefix/|g" "$1"; }
put_text() { mkdir -p "$(dirname "$2")"; cat >"$2.new"; chmod "$1" "$2.new"; mv -f "$2.new" "$2"; }

put 755 "$program" "$target/bin/$name"
adapt installer/$name.service | put_text 644 "$target/lib/systemd/system/$name.service"
put 644 installer/$name.sysusers "$target/lib/sysusers.d/$name.conf"
put_all "$target/share/doc/$name" README.md CHANGELOG.md SECURITY.md docs/INSTALL.md docs/SETTINGS.md docs/FIELDS.md
put_all "$target/share/doc/$name/examples" examples/nginx/intune-gate.conf examples/nginx/intune-gate-token.inc

"$program" completions bash | put_text 644 "$target/share/bash-completion/completions/$name"
"$program" completions zsh | put_text 644 "$target/$zsh/_$name"
"$program" completions fish | put_text 644 "$target/share/fish/vendor_completions.d/$name.fish"

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$program" man "$pages" >/dev/null
gzip --best --no-name "$pages"/*.1
put_all "$target/share/man/man1" "$pages"/*.1.gz

# Settings of the machine's owner stay as they are.
settings=$root/etc/default/$name
if [ ! -e "$settings" ] && { [ -n "$root" ] || [ "$(id -u)" -eq 0 ]; }; then
    put 644 installer/$name.default "$settings"
fi

# A package has its own way to the service.
if [ -z "$root" ]; then
    installer/next-steps.sh "$prefix" >&2
fi
