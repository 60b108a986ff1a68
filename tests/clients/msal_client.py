"""Microsoft's msal and azure-identity for Python, unpatched, against the simulated tenant.

Both build their assertions themselves and present one again while it lives: so each signs in twice by certificate.

Usage: msal_client.py TENANT_ID CLIENT_ID SECRET_FILE CERTIFICATE_FILE
(CERTIFICATE_FILE is PEM: certificate and key.)
"""

import sys

import msal
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes

GRAPH = ["https://graph.microsoft.com/.default"]
MANAGEMENT = ["https://management.core.windows.net//.default"]


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


def by_msal(name: str, tenant: str, client_id: str, credential) -> None:
    """A token, and another after the first was forgotten: the assertion is still the first one."""
    authority = f"https://login.microsoftonline.com/{tenant}"
    app = msal.ConfidentialClientApplication(client_id, authority=authority, client_credential=credential)
    first = app.acquire_token_for_client(GRAPH)
    check(f"msal: {name} earns a token {first.get('error_description', '')}", "access_token" in first)
    app.remove_tokens_for_client()
    second = app.acquire_token_for_client(GRAPH)
    is_other = second.get("access_token") not in (None, first["access_token"])
    check(f"msal: {name} earns a second one {second.get('error_description', '')}", is_other)
    other = app.acquire_token_for_client(MANAGEMENT)
    check(f"msal: {name} earns one for Azure's management", "access_token" in other)


def by_azure_identity(name: str, credential) -> None:
    tokens = {credential.get_token(*scopes).token for scopes in (GRAPH, MANAGEMENT)}
    check(f"azure-identity: {name} earns tokens for two resources", len(tokens) == 2)


def main() -> None:
    tenant, client_id, secret_file, certificate_file = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    with open(certificate_file, encoding="utf-8") as file:
        pem = file.read()
    certificate = x509.load_pem_x509_certificate(pem.encode())
    proof = {"private_key": pem, "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()}
    by_msal("a secret", tenant, client_id, secret)
    by_msal("a certificate", tenant, client_id, proof)
    by_msal("a certificate with its chain", tenant, client_id, proof | {"public_certificate": pem})
    by_azure_identity("a secret", ClientSecretCredential(tenant, client_id, secret))
    by_azure_identity("a certificate", CertificateCredential(tenant, client_id, certificate_path=certificate_file))
    chained = CertificateCredential(
        tenant, client_id, certificate_path=certificate_file, send_certificate_chain=True
    )
    by_azure_identity("a certificate with its chain", chained)


main()
