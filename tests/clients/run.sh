#!/bin/sh
# Other people's clients against the simulated tenant, through its proxy: `make clients` calls this.
#
#   tests/clients/run.sh PROGRAM [VENV]
#
# PROGRAM is the built intune-connector; VENV is where Python packages go (default: target/clients-venv). The packages
# come from PyPI, so this is not part of `make test`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-"$here/../../target/debug/intune-connector"}
venv=${2:-"$here/../../target/clients-venv"}
certificates="$here/../fixtures/certs"
devices=1234

if [ ! -x "$program" ]; then
    echo "run.sh: $program is not there; build it first (cargo build)" >&2
    exit 2
fi
command -v python3 >/dev/null || { echo "run.sh: python3 is needed" >&2; exit 2; }

# A venv is made once and filled again only when the requirements changed.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi

work=$(mktemp -d)
simulator=
finish() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$program" simulate --devices "$devices" --seed 11 --listen 127.0.0.1:0 --tls-dir "$work/tls" \
    --proxy 127.0.0.1:0 --json >"$work/connect.json" &
simulator=$!

# The first line appears when everything listens.
tries=0
while ! grep -q '}' "$work/connect.json" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$simulator" 2>/dev/null; then
        echo "run.sh: the simulator did not start" >&2
        exit 1
    fi
    sleep 0.1
done
field() { "$venv/bin/python" -c 'import json,sys; print(json.loads(open(sys.argv[1]).readline())[sys.argv[2]])' "$work/connect.json" "$1"; }
tenant=$(field tenantId)
client=$(field clientId)
ca=$(field ca)
proxy=$(field proxy)
base=$(field graph)
field clientSecret >"$work/secret"
cat "$certificates/cert.pem" "$certificates/key.pem" >"$work/certificate.pem"

# The app gets the fixture's certificate beside its secret.
"$venv/bin/python" - "$base" "$tenant" "$client" "$ca" "$work/secret" "$certificates/cert.pem" <<'PYTHON'
import json, ssl, sys, urllib.request
base, tenant, client, ca, secret, certificate = sys.argv[1:]
body = {"displayName": "Connector", "roles": ["DeviceManagementManagedDevices.Read.All"],
        "secrets": [{"value": open(secret).read().strip()}], "certificates": [open(certificate).read()]}
request = urllib.request.Request(f"{base}/simulator/apps/{tenant}/{client}", method="PUT",
                                 data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                     urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
opener.open(request)
PYTHON

# Nothing but the environment leads Microsoft's client here.
export HTTPS_PROXY="$proxy" https_proxy="$proxy" SSL_CERT_FILE="$ca" REQUESTS_CA_BUNDLE="$ca"
unset NO_PROXY no_proxy ALL_PROXY all_proxy HTTP_PROXY http_proxy || true
echo "msgraph-sdk $("$venv/bin/python" -c 'from importlib.metadata import version; print(version("msgraph-sdk"))')," \
    "azure-identity $("$venv/bin/python" -c 'from importlib.metadata import version; print(version("azure-identity"))')"
"$venv/bin/python" "$here/msgraph_client.py" "$tenant" "$client" "$work/secret" "$work/certificate.pem" "$devices"
echo "make clients: passed"
