#!/bin/sh
# Clients in Python and TypeScript, made of docs/openapi.json by other people's generators, against the bus of a
# demonstration: tests/clients/run.sh calls this, with the program and where packages are. A warning of a generator fails.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
document="$here/../../docs/openapi.json"
program=$1 venv=$2 node=$3
devices=731

work=$(mktemp -d)
demo=
finish() {
    [ -z "$demo" ] || { kill "$demo" 2>/dev/null && wait "$demo" || true; }
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

echo "openapi-python-client:"
# It calls ruff, which is installed beside it.
(cd "$work" && PATH="$venv/bin:$PATH" "$venv/bin/openapi-python-client" generate --path "$document" \
    --output-path "$work/generated_sics" --meta none --fail-on-warning)
"$venv/bin/python" -m compileall -q "$work/generated_sics"
# Of what is generated, all but the frame that is the same for every document.
(cd "$work" && "$venv/bin/python" -m mypy --follow-imports=silent generated_sics/models generated_sics/api \
    "$here/generated_client.py")

echo "openapi-typescript:"
(cd "$node" && node_modules/.bin/openapi-typescript "$document" --output generated_sics.mts >"$work/typescript.log" 2>&1) || {
    cat "$work/typescript.log" >&2
    exit 1
}
cat "$work/typescript.log"
if grep -qi 'warn\|⚠' "$work/typescript.log"; then
    echo "generated.sh: openapi-typescript warns" >&2
    exit 1
fi
(cd "$node" && node_modules/.bin/tsc --strict --noUncheckedIndexedAccess --noEmitOnError --target es2022 \
    --module nodenext --types node generated_client.mts)

# Nothing changes in the tenant meanwhile; the demonstration's own jobs end no device.
TMPDIR="$work" "$program" demo --devices "$devices" --servers 1 --churn 0 >"$work/demo.log" 2>&1 &
demo=$!
tries=0
while ! grep -q '^Changes ' "$work/demo.log"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ] || ! kill -0 "$demo" 2>/dev/null; then
        cat "$work/demo.log" >&2
        echo "generated.sh: the demonstration did not start" >&2
        exit 1
    fi
    sleep 0.1
done
control=$(sed -n 's/^  tenant .*(control: \(.*\))$/\1/p' "$work/demo.log")
bus=$(sed -n 's/^  bus  *\(http[^ ]*\).*/\1/p' "$work/demo.log")
folder=$(sed -n 's/^  folder  *\(.*[^ ]\)  *(removed at the end)$/\1/p' "$work/demo.log")
sed -n 's/^  login  *demo  *password \(.*\)$/\1/p' "$work/demo.log" >"$work/password"
"$program" operators add generated --kind server --role acting-server --with-token --data "$folder" | tail -n 1 \
    >"$work/token"

echo "the client in Python:"
PYTHONPATH="$work" "$venv/bin/python" "$here/generated_client.py" "$bus" "$control" "$work/token" "$work/password"
echo "the client in TypeScript:"
(cd "$node" && node generated_client.mjs "$bus" "$control" "$work/token" "$work/password")
