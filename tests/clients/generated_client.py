"""A client that openapi-python-client made of docs/openapi.json, against a running bus: as a management server it reads a
whole fleet page by page; as an operator it reads all there is to read.

Usage: generated_client.py BUS_URL TENANT_CONTROL_URL SERVER_TOKEN_FILE OPERATOR_PASSWORD_FILE
(The operator is called demo. The generated package is `generated_sics`, on PYTHONPATH.)
"""

import base64
import importlib
import inspect
import json
import pkgutil
import sys
import urllib.request
from datetime import datetime
from uuid import UUID

from generated_sics import AuthenticatedClient, Client
from generated_sics.api import default
from generated_sics.api.default import (
    accept_server,
    acknowledge_changes,
    announce_server,
    list_devices,
    list_fields,
    read_changes,
    show_device,
)
from generated_sics.models import (
    AckBody,
    AckView,
    AnnounceBody,
    Change,
    ChangeKind,
    ChangesView,
    Device,
    DevicesView,
    DeviceView,
    FieldKind,
    FieldsView,
    Problem,
    ServerView,
)

SERVER = "generated-python"
PAGE = 100


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


def announce(client: AuthenticatedClient, operator: AuthenticatedClient) -> None:
    body = AnnounceBody(display_name="Generated for Python")
    announced = announce_server.sync(SERVER, client=client, body=body)
    check("it announces itself", isinstance(announced, ServerView) and not announced.accepted)
    refused = read_changes.sync_detailed(SERVER, client=client)
    problem = refused.parsed
    check("before it is accepted, a problem says so", refused.status_code == 403 and isinstance(problem, Problem)
          and problem.code == "notAccepted" and bool(problem.advice))
    accepted = accept_server.sync(SERVER, client=operator)
    check("an operator accepts it", isinstance(accepted, ServerView) and accepted.accepted)


def apply(held: dict[UUID, Device], seen: set[UUID], change: Change) -> bool:
    """Applies a change; answers whether the snapshot has ended."""
    device_id = change.device_id
    if change.kind == ChangeKind.SNAPSHOTBEGIN:
        seen.clear()
    elif change.kind == ChangeKind.SNAPSHOTEND:
        for gone in held.keys() - seen - set(change.set_aside or []):
            del held[gone]
        return True
    elif isinstance(device_id, UUID):
        if isinstance(change.device, Device):
            held[device_id] = change.device
            seen.add(device_id)
        elif change.kind == ChangeKind.GONE:
            held.pop(device_id, None)
    return False


def follow(client: AuthenticatedClient) -> dict[UUID, Device]:
    """The fleet as the first snapshot tells it, each page by the cursor of the one before."""
    held: dict[UUID, Device] = {}
    seen: set[UUID] = set()
    pages, ended, cursor = 0, False, None
    while not ended:
        page = read_changes.sync(SERVER, client=client, cursor=cursor, limit=PAGE, wait_ms=60_000)
        if not isinstance(page, ChangesView):
            raise AssertionError(page)
        for change in page.changes:
            ended = apply(held, seen, change) or ended
        cursor = page.cursor
        pages += 1
    check(f"{len(held)} devices came on {pages} pages", pages > len(held) / PAGE)
    acknowledged = acknowledge_changes.sync(SERVER, client=client, body=AckBody(cursor=cursor or ""))
    check("the cursor is acknowledged", isinstance(acknowledged, AckView) and acknowledged.moved)
    rest = read_changes.sync(SERVER, client=client)
    check("what is acknowledged does not come again", isinstance(rest, ChangesView)
          and all(change.kind == ChangeKind.UPSERT for change in rest.changes) and len(rest.changes) < PAGE)
    refused = read_changes.sync(SERVER, client=client, cursor="wrong")
    check("a wrong cursor is a problem with a code", isinstance(refused, Problem) and "ursor" in refused.code)
    return held


def judge_types(held: dict[UUID, Device], operator: AuthenticatedClient) -> None:
    devices = list(held.values())
    moments = [device.last_sync_date_time for device in devices if isinstance(device.last_sync_date_time, datetime)]
    check("times are times, with their zone", len(moments) > 0 and all(one.tzinfo is not None for one in moments))
    sizes = [device.total_storage_space_in_bytes for device in devices]
    check("numbers are numbers", any(isinstance(size, int) and size > 1 << 32 for size in sizes))
    check("yes and no are that", {True, False} <= {device.is_encrypted for device in devices})
    check("names are text", all(isinstance(device.device_name, str) for device in devices))
    check("ids are those of the changes", all(str(device_id) == device.id for device_id, device in held.items()))
    fields = list_fields.sync(client=operator)
    check("the list of fields has kinds", isinstance(fields, FieldsView)
          and {field.holds for field in fields.fields} == set(FieldKind))


def list_all(operator: AuthenticatedClient) -> list[DeviceView]:
    devices: list[DeviceView] = []
    after: str | None = None
    while True:
        page = list_devices.sync(client=operator, limit=PAGE, after=after)
        if not isinstance(page, DevicesView):
            raise AssertionError(page)
        devices += page.devices
        if not page.after:
            return devices
        after = page.after


def read_all(operator: AuthenticatedClient) -> None:
    """Every operation that reads and needs no name: the generated types take what the bus answers."""
    read = 0
    for module in pkgutil.iter_modules(default.__path__):
        operation = importlib.import_module(f"{default.__name__}.{module.name}")
        parameters = inspect.signature(operation._get_kwargs).parameters.values()
        is_free = all(one.default is not inspect.Parameter.empty for one in parameters)
        if not is_free or operation._get_kwargs()["method"] != "get":
            continue
        answer = operation.sync_detailed(client=operator)
        refused = isinstance(answer.parsed, Problem) and answer.parsed.code
        if answer.status_code != 200 and not refused:
            raise AssertionError(f"{module.name}: {answer.status_code} {answer.content[:300]!r}")
        if refused:
            print(f"  {module.name}: {refused}")
        read += answer.status_code == 200
    check(f"{read} operations that read are read", read > 25)


def main() -> None:
    bus, control, token_file, password_file = sys.argv[1:]
    with open(token_file, encoding="utf-8") as file:
        token = file.read().strip()
    with open(password_file, encoding="utf-8") as file:
        login = base64.b64encode(f"demo:{file.read().strip()}".encode()).decode()
    client = AuthenticatedClient(base_url=bus, token=token, timeout=None)
    operator = AuthenticatedClient(base_url=bus, token=login, prefix="Basic", timeout=None)
    announce(client, operator)
    held = follow(client)
    with urllib.request.urlopen(control) as answer:
        expected = json.load(answer)["tenants"][0]["devices"]
    check(f"these are the {expected} devices of the tenant", len(held) == expected)
    judge_types(held, operator)
    listed = list_all(operator)
    check("the list of devices has the same", {device.device_id for device in listed} == held.keys())
    shown = show_device.sync(listed[0].instance, listed[0].device_id, client=operator)
    check("one device is shown by its id", isinstance(shown, DeviceView) and shown.device_id == listed[0].device_id)
    read_all(operator)
    stranger = read_changes.sync_detailed(SERVER, client=Client(base_url=bus))  # type: ignore[arg-type]
    check("a stranger is refused with a problem", stranger.status_code == 401 and isinstance(stranger.parsed, Problem))


main()
