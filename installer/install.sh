#!/usr/bin/env bash
# Puts the program and what belongs to it in place: `make install`, and the content of the Debian package.
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
    /*) ;;
    *) stop "PREFIX is $prefix, which does not begin with /" "make install PREFIX=/usr/local" ;;
esac
target=$root$prefix
mkdir -p "$target" 2>/dev/null && [ -w "$target" ] ||
    stop "$target can not be written" "sudo make install, or make install PREFIX=\$HOME/.local"

# A program that runs can not be written to; it can be replaced.
put() { install -D -m "$1" "$2" "$3.new" && mv -f "$3.new" "$3"; }
# Paths in the unit are those of /usr/local.
adapt() { sed "s|/usr/local/|${prefix%/}/|g" "$1"; }
put_text() { mkdir -p "$(dirname "$2")"; cat >"$2.new"; chmod "$1" "$2.new"; mv -f "$2.new" "$2"; }

put 755 "$program" "$target/bin/$name"
adapt installer/$name.service | put_text 644 "$target/lib/systemd/system/$name.service"
put 644 installer/$name.sysusers "$target/lib/sysusers.d/$name.conf"
for document in README.md CHANGELOG.md SECURITY.md docs/INSTALL.md docs/SETTINGS.md docs/FIELDS.md; do
    put 644 $document "$target/share/doc/$name/$(basename $document)"
done
put 644 examples/nginx/intune-gate.conf "$target/share/doc/$name/examples/intune-gate.conf"
put 644 examples/nginx/intune-gate-token.inc "$target/share/doc/$name/examples/intune-gate-token.inc"

"$program" completions bash | put_text 644 "$target/share/bash-completion/completions/$name"
"$program" completions zsh | put_text 644 "$target/$zsh/_$name"
"$program" completions fish | put_text 644 "$target/share/fish/vendor_completions.d/$name.fish"

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$program" man "$pages" >/dev/null
gzip --best --no-name "$pages"/*.1
mkdir -p "$target/share/man/man1"
for page in "$pages"/*.1.gz; do
    put 644 "$page" "$target/share/man/man1/$(basename "$page")"
done

# Settings of the machine's owner stay as they are.
settings=$root/etc/default/$name
if [ ! -e "$settings" ] && { [ -n "$root" ] || [ "$(id -u)" -eq 0 ]; }; then
    put 644 installer/$name.default "$settings"
fi

if [ -z "$root" ]; then
    printf '%s\n' "$name is in $target/bin. As a service, as root:" \
        "  systemd-sysusers && systemctl daemon-reload && systemctl enable --now $name" >&2
fi
