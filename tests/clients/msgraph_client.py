"""Microsoft's msgraph-sdk for Python, unpatched, against the simulated tenant.

It knows nothing of the simulator: its host names are Microsoft's, and only HTTPS_PROXY and the trusted CA in the
environment lead it there. It signs in by secret and by certificate, walks all pages and reads one device.

Usage: msgraph_client.py TENANT_ID CLIENT_ID SECRET_FILE CERTIFICATE_FILE EXPECTED_DEVICES
(CERTIFICATE_FILE is PEM: certificate and key.)
"""

import asyncio
import sys

from azure.core.exceptions import ClientAuthenticationError
from azure.identity.aio import CertificateCredential, ClientSecretCredential
from msgraph import GraphServiceClient
from msgraph.generated.device_management.managed_devices.managed_devices_request_builder import (
    ManagedDevicesRequestBuilder,
)
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from kiota_abstractions.base_request_configuration import RequestConfiguration

SCOPES = ["https://graph.microsoft.com/.default"]
PAGE_SIZE = 100


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


async def walk(client: GraphServiceClient) -> list:
    """All devices, page by page, by the link that each page gives."""
    query = ManagedDevicesRequestBuilder.ManagedDevicesRequestBuilderGetQueryParameters(top=PAGE_SIZE)
    request = RequestConfiguration(query_parameters=query)
    devices, pages = [], 0
    page = await client.device_management.managed_devices.get(request_configuration=request)
    while True:
        devices += page.value
        pages += 1
        if not page.odata_next_link:
            break
        page = await client.device_management.managed_devices.with_url(page.odata_next_link).get()
    print(f"  {len(devices)} devices on {pages} pages")
    check("more than one page was walked", pages > 1)
    return devices


async def try_client(name: str, credential, expected: int) -> None:
    print(f"{name}:")
    async with credential:
        client = GraphServiceClient(credentials=credential, scopes=SCOPES)
        devices = await walk(client)
        ids = {device.id for device in devices}
        check(f"all {expected} devices came, each once", len(devices) == expected == len(ids))
        check("serial numbers and dates are typed", any(d.serial_number and d.last_sync_date_time for d in devices))
        wanted = devices[len(devices) // 2]
        device = await client.device_management.managed_devices.by_managed_device_id(wanted.id).get()
        check("one device is read by its id", device.id == wanted.id and device.device_name == wanted.device_name)
        overview = await client.device_management.managed_device_overview.get()
        check("the overview counts the same", overview.enrolled_device_count == expected)
        try:
            await client.device_management.managed_devices.by_managed_device_id(
                "00000000-0000-4000-8000-000000000000"
            ).get()
        except ODataError as error:
            check("a device that is not there is a 404", error.response_status_code == 404)
        else:
            raise AssertionError("a device that is not there was found")


async def refused(tenant: str, client_id: str) -> None:
    print("wrong secret:")
    async with ClientSecretCredential(tenant, client_id, "wrong") as credential:
        try:
            await credential.get_token(*SCOPES)
        except ClientAuthenticationError as error:
            check("azure-identity reports Entra's code", "AADSTS7000215" in str(error))
        else:
            raise AssertionError("a wrong secret was accepted")


async def main() -> None:
    tenant, client_id, secret_file, certificate_file, expected = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    await try_client("by secret", ClientSecretCredential(tenant, client_id, secret), int(expected))
    by_certificate = CertificateCredential(tenant, client_id, certificate_path=certificate_file)
    await try_client("by certificate", by_certificate, int(expected))
    await refused(tenant, client_id)


asyncio.run(main())
