"""cartography's own reader of Intune's devices, unpatched, against the simulated tenant: what it reads, and what it makes
of each device. Where it would store them (a graph database) is left out.

Usage: cartography_client.py TENANT_ID CLIENT_ID SECRET_FILE EXPECTED_DEVICES
"""

import asyncio
import sys

from azure.identity.aio import ClientSecretCredential
from cartography.intel.microsoft.intune.managed_devices import get_managed_devices, transform_managed_devices
from msgraph import GraphServiceClient


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


async def main() -> None:
    tenant, client_id, secret_file, expected = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    async with ClientSecretCredential(tenant, client_id, secret) as credential:
        client = GraphServiceClient(credentials=credential, scopes=["https://graph.microsoft.com/.default"])
        devices = [device async for device in get_managed_devices(client)]
    rows = transform_managed_devices(devices)
    check(f"all {expected} devices came, each once", len({row["id"] for row in rows}) == len(rows) == int(expected))
    check("each has the time of its last check-in", all(row["last_sync_date_time"] for row in rows))
    for name in ("device_name", "operating_system", "compliance_state", "serial_number", "user_principal_name"):
        check(f"{name} is read", any(row[name] for row in rows))


asyncio.run(main())
