"""cartography's whole module for Intune, unpatched, against the simulated tenant, from its first request to its last
step; before it, the tenant, the people and the groups of its module for Entra, to which Intune's nodes refer. A
session that keeps what it is given stands for the graph database.

Usage: cartography_client.py TENANT_ID CLIENT_ID SECRET_FILE EXPECTED_DEVICES

The application needs DeviceManagementManagedDevices.Read.All, DeviceManagementConfiguration.Read.All, User.Read.All
and GroupMember.Read.All.
"""

import asyncio
import re
import sys
from collections import Counter, defaultdict
from datetime import datetime
from types import SimpleNamespace

from cartography.config import Config
from cartography.intel.microsoft.entra import sync_tenant
from cartography.intel.microsoft.entra.groups import sync_entra_groups
from cartography.intel.microsoft.entra.users import sync_entra_users
from cartography.intel.microsoft.intune import start_intune_ingestion

UPDATE_TAG = 1
# What a property of a node can be.
PLAIN = (str, int, float, bool, datetime, type(None))
COUNTERS = (
    "constraints_added",
    "constraints_removed",
    "indexes_added",
    "indexes_removed",
    "labels_added",
    "labels_removed",
    "nodes_created",
    "nodes_deleted",
    "properties_set",
    "relationships_created",
    "relationships_deleted",
)


class EmptyResult:
    """What a statement answers that finds nothing and changes nothing: a clean-up ends after its first turn."""

    def consume(self) -> SimpleNamespace:
        return SimpleNamespace(counters=SimpleNamespace(contains_updates=False, **dict.fromkeys(COUNTERS, 0)))

    def single(self) -> None:
        return None

    def values(self) -> list:
        return []

    def __iter__(self):
        return iter(())


class RecordingSession:
    """Keeps the rows of each label and of each kind of relationship; it is its own transaction."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict]] = defaultdict(list)
        self.statements: list[str] = []

    def run(self, query: str, parameters: dict | None = None, **more) -> EmptyResult:
        self.statements.append(query)
        rows = {**(parameters or {}), **more}.get("DictList")
        written = re.search(r"MERGE \(i:(\w+)\{", query) or re.search(r"MERGE \(from\)<?-\[r:(\w+)\]", query)
        if rows is not None and written is None:
            raise AssertionError(f"a statement that this session does not know: {query}")
        for row in rows or ():
            for name, value in row.items():
                values = value if isinstance(value, list) else [value]
                if not all(isinstance(one, PLAIN) for one in values):
                    raise AssertionError(f"{written[1]}.{name} is nothing that a graph stores: {value!r}")
            self.rows[written[1]].append(dict(row))
        return EmptyResult()

    def execute_write(self, work, *arguments, **more):
        return work(self, *arguments, **more)

    execute_read = execute_write

    def has_run(self, words: str) -> bool:
        return any(words in statement for statement in self.statements)


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


async def sync_directory(session: RecordingSession, tenant: str, client: str, secret: str) -> None:
    parameters = {"UPDATE_TAG": UPDATE_TAG, "TENANT_ID": tenant}
    await sync_tenant(session, tenant, client, secret, UPDATE_TAG)
    await sync_entra_users(session, tenant, client, secret, UPDATE_TAG, parameters)
    await sync_entra_groups(session, tenant, client, secret, UPDATE_TAG, parameters)


def check_directory(session: RecordingSession, tenant: str) -> None:
    tenants = [label for label, rows in session.rows.items() if [row["id"] for row in rows] == [tenant]]
    check("the tenant is read", len(tenants) == 1)
    users = {row["id"] for row in session.rows["EntraUser"]}
    check(f"{len(users)} people are read, each once", 0 < len(users) == len(session.rows["EntraUser"]))
    groups = session.rows["EntraGroup"]
    members = {member for row in groups for member in row["member_ids"]}
    check("groups are read with their members, all of whom are known", bool(members) and members <= users)


def check_devices(rows: list[dict], expected: int) -> None:
    check(f"all {expected} devices came, each once", len({row["id"] for row in rows}) == len(rows) == expected)
    check("each has the time of its last check-in", all(row["last_sync_date_time"] for row in rows))
    for name in ("device_name", "operating_system", "compliance_state", "serial_number", "user_principal_name"):
        check(f"{name} is read", any(row[name] for row in rows))


def check_apps(session: RecordingSession) -> None:
    apps = {row["id"]: row for row in session.rows["IntuneDetectedApp"]}
    devices = {row["id"] for row in session.rows["IntuneManagedDevice"]}
    links = {(link["app_id"], link["device_id"]) for link in session.rows["HAS_APP"]}
    check(f"{len(apps)} detected apps came by export jobs", bool(apps))
    check("they are on devices that are known", bool(links) and all(app in apps and on in devices for app, on in links))
    counted = Counter(app for app, _ in links)
    check("both reports count the same devices", all(row["device_count"] == counted[id] for id, row in apps.items()))


def check_policies(rows: list[dict]) -> None:
    check(f"{len(rows)} compliance policies came", bool(rows) and all(row["display_name"] for row in rows))
    check("their platforms are known by their types", all(not row["platform"].startswith("#") for row in rows))
    check("their assignments came with them", all(row["applies_to_all_users"] or row["group_id"] for row in rows))


def main() -> None:
    tenant, client, secret_file, expected = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    session = RecordingSession()
    asyncio.run(sync_directory(session, tenant, client, secret))
    check_directory(session, tenant)
    config = Config(
        neo4j_uri="bolt://nowhere.invalid",
        update_tag=UPDATE_TAG,
        microsoft_tenant_id=tenant,
        microsoft_client_id=client,
        microsoft_client_secret=secret,
    )
    # What it may not read, and an export that fails, it skips with a warning: the checks below find that.
    start_intune_ingestion(session, config)
    check_devices(session.rows["IntuneManagedDevice"], int(expected))
    check_apps(session)
    check_policies(session.rows["IntuneCompliancePolicy"])
    check("its last step ran, which it does only when nothing was skipped", session.has_run("APPLIES_TO"))


main()
