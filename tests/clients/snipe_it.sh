#!/bin/sh
# Other people's clients of Snipe-IT against the stand-in that targets are tested with, in both of its versions:
# tests/clients/run.sh calls this, with where Python packages are.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=$1
cd "$here/../.."

# A program of tests: cargo builds it and says where.
server=$("${CARGO:-cargo}" test --locked --quiet --no-run --test snipe_it_server --message-format json |
    "$venv/bin/python" -c 'import json, sys
for line in sys.stdin:
    told = json.loads(line)
    if told.get("reason") == "compiler-artifact" and told["target"]["name"] == "snipe_it_server":
        print(told["executable"])')
[ -x "$server" ] || { echo "snipe_it.sh: snipe_it_server was not built" >&2; exit 2; }

# It is on this machine.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
work=$(mktemp -d)
running=
finish() {
    [ -z "$running" ] || { kill "$running" 2>/dev/null && wait "$running" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Starts a server with these arguments, and waits until it listens.
start() {
    [ -z "$running" ] || { kill "$running" 2>/dev/null && wait "$running" 2>/dev/null || true; }
    "$server" "$@" >"$work/connect.json" &
    running=$!
    tries=0
    while ! grep -q '}' "$work/connect.json" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ] || ! kill -0 "$running" 2>/dev/null; then
            echo "snipe_it.sh: the stand-in did not start" >&2
            exit 1
        fi
        sleep 0.1
    done
}

"$venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("snipepy", "cairn-sync")))
PYTHON
for version in 7 8; do
    echo "snipepy and cairn-sync, Snipe-IT $version:"
    start "$version"
    "$venv/bin/python" "$here/snipe_it_client.py" "$work/connect.json" "$version"
done
echo "snipepy, with a small budget:"
start 8 5 2
"$venv/bin/python" "$here/snipe_it_client.py" "$work/connect.json" 8 throttled
