#!/bin/sh
# Other people's clients against the simulated tenant, through its proxy, and clients generated from docs/openapi.json
# against the bus: `make clients` calls this.
#
#   tests/clients/run.sh [PROGRAM] [VENV] [NODE]
#
# PROGRAM is the built intune-connector; VENV is where Python packages go (default: target/clients-venv), NODE where
# those of Node do (default: target/clients-node). They come from PyPI and npm, so this is not part of `make test`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-"$here/../../target/debug/intune-connector"}
venv=${2:-"$here/../../target/clients-venv"}
node=${3:-"$here/../../target/clients-node"}
certificates="$here/../fixtures/certs"
devices=1234
cartography=0c7a9a5e-6f1b-4d57-8d2e-3b9d51c6a7e4

if [ ! -x "$program" ]; then
    echo "run.sh: $program is not there; build it first (cargo build)" >&2
    exit 2
fi
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
for tool in python3 node npm; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is needed" >&2; exit 2; }
done

# Both are made once and filled again only when what is wanted has changed.
mkdir -p "$venv" "$node"
venv=$(cd "$venv" && pwd)
node=$(cd "$node" && pwd)
cat "$here"/requirements*.txt >"$venv/asked.txt"
if ! cmp -s "$venv/asked.txt" "$venv/wanted.txt"; then
    python3 -m venv "$venv"
    # Without the libraries of other clouds it disturbs the resolver.
    "$venv/bin/pip" uninstall --quiet --yes cartography 2>/dev/null || true
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
        -r "$here/requirements.txt" -r "$here/requirements-cartography.txt" -r "$here/requirements-generated.txt" \
        -r "$here/requirements-snipe-it.txt"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps cartography
    mv "$venv/asked.txt" "$venv/wanted.txt"
fi
if ! cmp -s "$here/package.json" "$node/wanted.json"; then
    cp "$here/package.json" "$node/package.json"
    (cd "$node" && npm install --no-audit --no-fund --loglevel=error)
    cp "$here/package.json" "$node/wanted.json"
fi
# Node looks for packages beside the script.
cp "$here"/*.mjs "$here"/*.mts "$node/"

work=$(mktemp -d)
simulator=
finish() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$program" simulate --awkward-names --devices "$devices" --seed 11 --listen 127.0.0.1:0 --tls-dir "$work/tls" \
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

# The app gets the fixture's certificate beside its secret; cartography gets an app of its own, which may read more.
"$venv/bin/python" - "$base" "$tenant" "$client" "$cartography" "$ca" "$work/secret" "$certificates/cert.pem" <<'PYTHON'
import json, ssl, sys, urllib.request
base, tenant, client, cartography, ca, secret, certificate = sys.argv[1:]
secrets = [{"value": open(secret).read().strip()}]
apps = {
    client: {"displayName": "Connector", "roles": ["DeviceManagementManagedDevices.Read.All"],
             "secrets": secrets, "certificates": [open(certificate).read()]},
    cartography: {"displayName": "cartography", "secrets": secrets,
                  "roles": ["DeviceManagementManagedDevices.Read.All", "DeviceManagementConfiguration.Read.All",
                            "User.Read.All", "GroupMember.Read.All"]},
}
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                     urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
for app, body in apps.items():
    request = urllib.request.Request(f"{base}/simulator/apps/{tenant}/{app}", method="PUT",
                                     data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    opener.open(request)
PYTHON

# The connector's own assertions, judged by somebody else's provider: no simulator takes part.
echo "oidc-provider as verifier:"
(cd "$node" && node assertion_verifier.mjs "$program" "$certificates/cert.pem" "$certificates/key.pem" \
    "$certificates/next-key.pem")

"$here/generated.sh" "$program" "$venv" "$node"

"$here/snipe_it.sh" "$venv"

# Nothing but the environment leads the clients here.
export HTTPS_PROXY="$proxy" https_proxy="$proxy" SSL_CERT_FILE="$ca" REQUESTS_CA_BUNDLE="$ca" NODE_EXTRA_CA_CERTS="$ca"
unset NO_PROXY no_proxy ALL_PROXY all_proxy HTTP_PROXY http_proxy || true
"$venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
names = ("msal", "azure-identity", "msgraph-sdk", "msgraph-beta-sdk", "cartography")
print(", ".join(f"{name} {version(name)}" for name in names))
PYTHON
(cd "$node" && npm ls --depth=0 2>/dev/null | sed -n 's/^[^@a-z]*\(.*@[0-9].*\)$/  \1/p')
echo "plain HTTP:"
"$venv/bin/python" - <<'PYTHON'
import os, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": os.environ["HTTPS_PROXY"]}))
for host in ("graph.microsoft.com/v1.0/deviceManagement/managedDevices", "login.microsoftonline.com/common/oauth2/v2.0/token"):
    try:
        status = opener.open(f"http://{host}").status
    except urllib.error.HTTPError as error:
        status = error.code
    if status != 403:
        raise SystemExit(f"plain HTTP to {host} is answered with {status}")
    print(f"  ok: {host.split('/')[0]} refuses it with 403")
PYTHON
echo "msal and azure-identity:"
"$venv/bin/python" "$here/msal_client.py" "$tenant" "$client" "$work/secret" "$work/certificate.pem"
echo "msgraph-sdk:"
"$venv/bin/python" "$here/msgraph_client.py" "$tenant" "$client" "$work/secret" "$work/certificate.pem" "$devices"
echo "msgraph-beta-sdk:"
"$venv/bin/python" "$here/msgraph_beta_client.py" "$tenant" "$client" "$work/secret"
echo "cartography:"
"$venv/bin/python" -W ignore "$here/cartography_client.py" "$tenant" "$cartography" "$work/secret" "$devices"
echo "msal-node and microsoft-graph-client:"
(cd "$node" && node --import ./through_proxy.mjs graph_client.mjs "$tenant" "$client" "$work/secret" \
    "$certificates/cert.pem" "$certificates/key.pem" "$devices")
echo "make clients: passed"
