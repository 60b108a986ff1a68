#!/usr/bin/env bash
# What to do after `make install`: commands that fit the place. installer/install.sh calls this.
#   installer/next-steps.sh PREFIX
set -euo pipefail

prefix=${1%/}
name=intune-connector
say() { printf '%s\n' "$@"; }

# Where the unit of the service sees nothing, or its account has no way in.
is_in_home() {
    local home=${HOME:-}
    home=${home%/}
    case $prefix/ in /home/* | /root/* | /run/user/*) return 0 ;; esac
    [ -n "$home" ] && [[ $prefix/ == "$home"/* ]]
}

say "$name is in $prefix/bin."
case :${PATH:-}: in
    *:"$prefix/bin":*) ;;
    *) say "That folder is not in your PATH. For this shell:" "  export PATH=$prefix/bin:\$PATH" ;;
esac
if is_in_home; then
    say "A service of the machine can not run from a home folder. Run it yourself:" "  $prefix/bin/$name run --data DIR"
elif [ "$prefix" = /usr ] || [ "$prefix" = /usr/local ]; then
    say "As a service, as root:" "  systemd-sysusers && systemctl daemon-reload && systemctl enable --now $name"
else
    # systemd does not look there by itself, neither for accounts nor for units.
    say "As a service, as root:" "  systemd-sysusers $prefix/lib/sysusers.d/$name.conf" \
        "  systemctl enable --now $prefix/lib/systemd/system/$name.service"
fi
