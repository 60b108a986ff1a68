"""Microsoft's msgraph-beta-sdk for Python, unpatched, against the simulated tenant: what only beta knows of a device.

Usage: msgraph_beta_client.py TENANT_ID CLIENT_ID SECRET_FILE
"""

import asyncio
import sys

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta import GraphServiceClient
from msgraph_beta.generated.device_management.managed_devices.item.managed_device_item_request_builder import (
    ManagedDeviceItemRequestBuilder,
)

SCOPES = ["https://graph.microsoft.com/.default"]
Query = ManagedDeviceItemRequestBuilder.ManagedDeviceItemRequestBuilderGetQueryParameters


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


async def main() -> None:
    tenant, client_id, secret_file = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    async with ClientSecretCredential(tenant, client_id, secret) as credential:
        devices = GraphServiceClient(credentials=credential, scopes=SCOPES).device_management.managed_devices
        page = await devices.get()
        first = page.value[0]
        blank = first.hardware_information
        check("hardware is there in the list and blank", blank is not None and blank.serial_number is None)
        one = devices.by_managed_device_id(first.id)
        chosen = Query(select=["id", "hardwareInformation"], expand=["detectedApps"])
        device = await one.get(request_configuration=RequestConfiguration(query_parameters=chosen))
        check("one device that is asked for it tells it", device.hardware_information.serial_number == first.serial_number)
        apps = await one.detected_apps.get()
        names = {app.display_name for app in apps.value}
        check("apps are found", len(names) > 0)
        check("apps are expanded", names <= {app.display_name for app in device.detected_apps})


asyncio.run(main())
