#!/usr/bin/env bash
# Builds the Debian package: `make deb`. With dpkg-deb and dpkg-shlibdeps, which are Debian's own: nothing has to be
# fetched, what is in the package is what `make install` puts in place, and the scripts of the package are those that
# stand in installer/debian, word by word.
#   PROGRAM      the program that was built
#   OUT          where the package goes; dist unless given
#   VERSION      instead of the one in Cargo.toml
#   COMPRESSION  as dpkg-deb names them; xz unless given
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

program=${PROGRAM:-target/release/intune-connector}
out=${OUT:-dist}
name=intune-connector
maintainer="The maintainers of $name <$name@localhost>"

stop() { printf '%s\n  try: %s\n' "deb: $1" "$2" >&2; exit 1; }
[ -x "$program" ] || stop "there is no program at $program" "make build"
for tool in dpkg-deb dpkg-shlibdeps strip; do
    command -v $tool >/dev/null || stop "$tool is missing" "installer/prerequisites.sh deb"
done

# Debian sorts 1.0~rc1 before 1.0, as semantic versions do 1.0-rc1.
version=${VERSION:-$(sed -n '/^\[workspace.package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p' Cargo.toml | tr - '~')}
dpkg --validate-version "$version" >/dev/null 2>&1 || stop "$version is no version of a package" "VERSION=1.2.3"
architecture=$(dpkg --print-architecture)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
program=$(realpath "$program")
PROGRAM=$program DESTDIR=$root PREFIX=/usr ZSH=share/zsh/vendor-completions installer/install.sh
strip --strip-unneeded "$root/usr/bin/$name"

documents=$root/usr/share/doc/$name
gzip --best --no-name <"$documents/CHANGELOG.md" >"$documents/changelog.gz"
rm "$documents/CHANGELOG.md"
install -m 644 installer/debian/copyright "$documents/copyright"

# Which libraries the program needs, and since which version of their packages.
mkdir -p "$work/debian"
printf 'Source: %s\n\nPackage: %s\nArchitecture: any\n' $name $name >"$work/debian/control"
libraries=$(cd "$work" && dpkg-shlibdeps -O "$root/usr/bin/$name" | sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || stop "dpkg-shlibdeps found no package for the libraries of $program" "build on Debian"

control=$root/DEBIAN
mkdir "$control"
# Scripts know the version that they belong to.
for script in preinst postinst prerm postrm; do
    sed "s|@VERSION@|$version|g" installer/debian/$script >"$control/$script"
    chmod 755 "$control/$script"
done
printf '/etc/default/%s\n' $name >"$control/conffiles"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$control/md5sums"
size=$(du --summarize --block-size=1024 --exclude=DEBIAN "$root" | cut -f 1)
cat >"$control/control" <<CONTROL
Package: $name
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Section: admin
Priority: optional
Installed-Size: $size
Depends: $libraries, ca-certificates, passwd, systemd | systemd-standalone-sysusers
Description: Microsoft Intune devices for every management server
 Reads the devices of a Microsoft Intune tenant, tells every change to any
 number of management servers over one HTTP API, and takes jobs (sync, lock,
 wipe and others) from them. Runs as a service under an account of its own.
CONTROL
mkdir -p "$out"
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$root" "$out" >&2
printf '%s\n' "$out/${name}_${version}_$architecture.deb"
