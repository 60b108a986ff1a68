#!/usr/bin/env bash
# Uploads another certificate to the application of the connector in Microsoft Entra, with the Azure CLI. Those that it
# has stay. It carries the public certificate alone: there is no secret in it.
#
# Run it with bash where the Azure CLI is signed in (az login --allow-no-subscriptions), or in the Azure Cloud Shell, as
# an owner of the application or an administrator of applications.
set -euo pipefail

TENANT={{tenant}}
CLIENT={{client}}
CLOUD={{cloud}}
THUMBPRINT={{thumbprint}}

stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

ask() {
  az "$@" --output tsv | tr -d '\r'
}

CURRENT=$(ask cloud show --query name)
[ "$CURRENT" = "$CLOUD" ] ||
  stop "The Azure CLI uses the cloud $CURRENT. Run az cloud set --name $CLOUD, sign in with az login, then run this again."
SIGNED_IN=$(ask account show --query tenantId)
[ -z "$TENANT" ] || [ "$SIGNED_IN" = "$TENANT" ] ||
  stop "The Azure CLI is signed in to tenant $SIGNED_IN. Run az login --tenant $TENANT --allow-no-subscriptions, then run this again."

FILE=$(mktemp)
trap 'rm -f "$FILE"' EXIT
cat > "$FILE" <<'CERTIFICATE'
{{certificate}}
CERTIFICATE

CERTIFICATES=$(ask ad app credential list --id "$CLIENT" --cert --query '[].customKeyIdentifier')
if ! grep -Fxiq -- "$THUMBPRINT" <<< "$CERTIFICATES"; then
  az ad app credential reset --id "$CLIENT" --cert "@$FILE" --append --output none --only-show-errors
fi

printf 'The certificate is uploaded. Thumbprint: %s\n' "$THUMBPRINT"
printf '\nDone. For intune-connector:\n  tenant id  %s\n  client id  %s\n' "$SIGNED_IN" "$CLIENT"
