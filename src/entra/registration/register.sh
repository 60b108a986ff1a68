#!/usr/bin/env bash
# Registers the application of the connector in Microsoft Entra, with the Azure CLI. It carries the public certificate
# alone: there is no secret in it.
#
# Run it with bash where the Azure CLI is signed in (az login --allow-no-subscriptions), or in the Azure Cloud Shell, as
# somebody who may register applications and grant admin consent. If it stops on the way, run it again with the client id
# that it has printed: bash FILE CLIENT_ID
set -euo pipefail

NAME={{name}}
# Empty: the tenant that the Azure CLI is signed in to.
TENANT={{tenant}}
CLOUD={{cloud}}
GRAPH_URL={{graph_url}}
PERMISSIONS=({{permissions}})
THUMBPRINT={{thumbprint}}
# Microsoft Graph, in every tenant.
GRAPH='00000003-0000-0000-c000-000000000000'
CLIENT="${1:-}"

stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

ask() {
  az "$@" --output tsv | tr -d '\r'
}

# What was just made is not known everywhere at once.
patiently() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    if "$@"; then
      return 0
    fi
    [ "$attempt" -eq 6 ] || sleep 10
  done
  return 1
}

has_line() {
  grep -Fxiq -- "$1" <<< "$2"
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

if [ -z "$CLIENT" ]; then
  NAMES=$(ask ad app list --display-name "$NAME" --query '[].displayName')
  if has_line "$NAME" "$NAMES"; then
    stop "An application named $NAME is there already. To go on with it, run this again with its client id; else rename it."
  fi
  CLIENT=$(ask ad app create --display-name "$NAME" --sign-in-audience AzureADMyOrg --query appId)
  printf 'The application is registered. Client id: %s\n' "$CLIENT"
fi

patiently az ad app show --id "$CLIENT" --output none || stop "The application $CLIENT does not exist in this tenant."

CERTIFICATES=$(ask ad app credential list --id "$CLIENT" --cert --query '[].customKeyIdentifier')
if ! has_line "$THUMBPRINT" "$CERTIFICATES"; then
  az ad app credential reset --id "$CLIENT" --cert "@$FILE" --append --output none --only-show-errors
fi
printf 'The certificate is uploaded. Thumbprint: %s\n' "$THUMBPRINT"

REQUESTED=$(ask ad app permission list --id "$CLIENT" --query '[].resourceAccess[].id')
ROLES=()
for PERMISSION in "${PERMISSIONS[@]}"; do
  ROLE=$(ask ad sp show --id "$GRAPH" --query "appRoles[?value=='$PERMISSION'].id")
  [ -n "$ROLE" ] || stop "Microsoft Graph has no application permission $PERMISSION here."
  if ! has_line "$ROLE" "$REQUESTED"; then
    az ad app permission add --id "$CLIENT" --api "$GRAPH" --api-permissions "$ROLE=Role" --only-show-errors
  fi
  ROLES+=("$ROLE")
  printf 'The permission is requested: %s\n' "$PERMISSION"
done

az ad sp show --id "$CLIENT" --output none 2> /dev/null ||
  patiently az ad sp create --id "$CLIENT" --output none ||
  stop "The enterprise application of $CLIENT could not be made."

if [ "$CLOUD" = 'AzureCloud' ]; then
  patiently az ad app permission admin-consent --id "$CLIENT" ||
    stop "Consent failed. Somebody who may grant it runs: az ad app permission admin-consent --id $CLIENT"
else
  # The Azure CLI has no command for consent in a national cloud: each permission is granted by itself.
  PRINCIPAL=$(ask ad sp show --id "$CLIENT" --query id)
  RESOURCE=$(ask ad sp show --id "$GRAPH" --query id)
  ASSIGNMENTS="$GRAPH_URL/v1.0/servicePrincipals/$PRINCIPAL/appRoleAssignments"
  GRANTED=$(ask rest --resource "$GRAPH_URL" --method GET --uri "$ASSIGNMENTS" --query 'value[].appRoleId')
  for ROLE in "${ROLES[@]}"; do
    if ! has_line "$ROLE" "$GRANTED"; then
      az rest --resource "$GRAPH_URL" --method POST --uri "$ASSIGNMENTS" --headers 'Content-Type=application/json' \
        --body "{\"principalId\": \"$PRINCIPAL\", \"resourceId\": \"$RESOURCE\", \"appRoleId\": \"$ROLE\"}" --output none
    fi
  done
fi

printf '\nDone. For intune-connector:\n  tenant id  %s\n  client id  %s\n' "$SIGNED_IN" "$CLIENT"
