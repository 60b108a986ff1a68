#!/usr/bin/env bash
# Takes away what installer/install.sh put below PREFIX: `make uninstall`. Settings, data and account stay, and it says how
# to remove those.
#   PREFIX, DESTDIR  as for installer/install.sh
set -euo pipefail

prefix=${PREFIX:-/usr/local}
prefix=${prefix%/}
root=${DESTDIR:-}
name=intune-connector
target=$root$prefix
unit=$target/lib/systemd/system/$name.service

stop() { printf '%s\n  try: %s\n' "uninstall: $1" "$2" >&2; exit 1; }
case $prefix in
    /?*) ;;
    # /bin may be /usr/bin, where the program of the package is.
    *) stop "PREFIX is ${prefix:-/}, which does not begin with /, or is / itself" "make uninstall PREFIX=/usr/local" ;;
esac
[ -e "$target/bin/$name" ] ||
    stop "there is no $target/bin/$name" "make uninstall PREFIX=DIR, with the folder that make install was given"
[ -w "$target/bin" ] || stop "$target/bin can not be written" "sudo make uninstall PREFIX=$prefix"

# Whether the service of this machine is the one that was installed here; a Debian package has another one.
is_service_from_here() {
    local known
    for known in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system; do
        [ -e "$known/$name.service" ] || continue
        [ "$(realpath "$known/$name.service")" = "$(realpath "$unit")" ]
        return
    done
    false
}
is_ours=
if [ -z "$root" ] && [ "$(id -u)" -eq 0 ] && command -v systemctl >/dev/null && is_service_from_here; then
    if [ -d /run/systemd/system ]; then
        systemctl stop $name || stop "the service does not stop" "systemctl status $name"
    fi
    systemctl disable $name || true
    is_ours=1
fi

rm -f "$target/bin/$name" "$unit" "$target/lib/sysusers.d/$name.conf" \
    "$target/share/bash-completion/completions/$name" \
    "$target/share/zsh/site-functions/_$name" \
    "$target/share/fish/vendor_completions.d/$name.fish" \
    "$target/share/man/man1/$name.1.gz" "$target/share/man/man1/$name"-*.1.gz
rm -rf "$target/share/doc/$name"

[ -z "$root" ] || exit 0
if [ "$is_ours" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
printf '%s\n' "$name is removed from $prefix." >&2
# Data and account are those of a Debian package, where there is one.
[ -e /usr/bin/$name ] && exit 0
left=()
for path in /var/lib/$name /etc/default/$name; do
    if [ -e "$path" ]; then left+=("  rm -rf $path"); fi
done
if getent passwd $name >/dev/null; then left+=("  userdel $name"); fi
if [ ${#left[@]} -gt 0 ]; then
    printf '%s\n' "Settings, data and account of the service are still there. To remove them too, as root:" "${left[@]}" >&2
fi
