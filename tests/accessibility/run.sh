#!/bin/sh
# Every page of the console by the rules of axe-core, and by keyboard alone: `make accessibility` calls this.
#
#   tests/accessibility/run.sh [PROGRAM] [NODE]
#
# PROGRAM is the built intune-connector; NODE is where axe-core goes (default: target/accessibility-node). It comes from
# npm, so this is not part of `make test`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-"$here/../../target/debug/intune-connector"}
node=${2:-"$here/../../target/accessibility-node"}

if [ ! -x "$program" ]; then
    echo "run.sh: $program is not there; build it first (cargo build)" >&2
    exit 2
fi
for tool in python3 npm chromium chromedriver; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is needed" >&2; exit 2; }
done

# Made once, and filled again only when what is wanted has changed.
mkdir -p "$node"
if ! cmp -s "$here/package.json" "$node/wanted.json"; then
    cp "$here/package.json" "$node/package.json"
    (cd "$node" && npm install --no-audit --no-fund --loglevel=error)
    cp "$here/package.json" "$node/wanted.json"
fi

exec python3 -B "$here/run.py" "$program" "$node/node_modules"
