"""Other people's clients of Snipe-IT, unpatched, against the stand-in that targets are tested with: snipepy, whose models
check the shape of every answer, and the sink of cairn-sync, which writes devices into Snipe-IT for a living.

Usage: snipe_it_client.py CONNECT_FILE VERSION
       snipe_it_client.py CONNECT_FILE VERSION throttled
(CONNECT_FILE is the line that snipe_it_server prints.)
"""

import html
import json
import sys
import time

import requests
from cairn.models import NormalizedDevice
from cairn.sinks.snipeit import SnipeITSink
from snipepy import Config, HttpClient, Snipepy, SnipepyAuthError, SnipepyValidationError

HOSTILE = "R&D \"Nord\" <1> Anna's"


def check(what: str, true: bool) -> None:
    if not true:
        raise AssertionError(what)
    print(f"  ok: {what}")


def refused(act) -> str:
    """What Snipe-IT says; it has to refuse it with HTTP 200 and `status: error`."""
    try:
        act()
    except SnipepyValidationError as error:
        return str(error)
    raise AssertionError("nothing was refused")


def sign_in(url: str, token: str) -> None:
    client = Snipepy(Config(url=url, token="wrong", verify_ssl=False))
    try:
        client.status_labels.list()
        is_refused = False
    except SnipepyAuthError:
        is_refused = True
    check("a wrong token is answered with 401", is_refused)
    plain = requests.get(f"{url}/api/v1/hardware", headers={"Authorization": "Bearer wrong"}, allow_redirects=False)
    check("without Accept, a stranger is led to the sign-in page", plain.status_code == 302)
    wrong = requests.get(f"{url}/api/v1/hardware", headers={"Accept": "application/json"})
    check("401 has a shape of its own", wrong.status_code == 401 and set(wrong.json()) == {"error"})
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    good = requests.get(f"{url}/api/v1/version", headers=headers)
    check("every answer tells the budget", int(good.headers["X-RateLimit-Remaining"]) >= 0)
    missing = requests.get(f"{url}/api/v1/nosuch", headers=headers)
    check("a path that is none is a true 404", missing.status_code == 404)
    broken = requests.post(f"{url}/api/v1/hardware", data="{", headers=headers)
    check("a body that is no JSON is a true 422", broken.status_code == 422)


def catalogue(client: Snipepy) -> tuple[int, int]:
    """A model with a fieldset and one without."""
    labels = {label.name: label.type for label in client.status_labels.list_all()}
    check("a new installation has its labels", labels.get("Ready to Deploy") == "deployable")
    field = client.custom_fields.create_field("Intune ID", "text", format="ANY")
    check("a custom field tells its column when it is made", field.db_column == f"_snipeit_intune_id_{field.id}")
    listed = {field.name: field.db_column_name for field in client.custom_fields.list_all_fields()}
    check("and in the list", listed["Intune ID"] == field.db_column)
    fieldset = client.custom_fields.create_fieldset("Intune")
    client.custom_fields.associate_field(field.id, fieldset.id)
    sets = {row.name: row.get_fields() for row in client.custom_fields.list_all_fieldsets()}
    check("a fieldset tells its fields", [row.name for row in sets["Intune"]] == ["Intune ID"])
    category = client.categories.create("Computers", "asset")
    check("a category is of a type", client.categories.get(category.id).category_type == "Asset")
    maker = client.manufacturers.create("Dell")
    shown = client.asset_models.create(
        "Latitude 7450", category_id=category.id, manufacturer_id=maker.id, fieldset_id=fieldset.id
    )
    plain = client.asset_models.create("Dock", category_id=category.id)
    model = client.asset_models.get_by_name("Latitude 7450")
    check("a model tells its fieldset and its maker", (model.fieldset.name, model.manufacturer.name) == ("Intune", "Dell"))
    check("a name is taken once", "taken" in refused(lambda: client.manufacturers.create("dell")))
    return shown.id, plain.id


def assets(client: Snipepy, users: dict, models: tuple[int, int], version: str) -> None:
    shown, plain = models
    ready = client.status_labels.get_by_name("Ready to Deploy").id
    archived = client.status_labels.get_by_name("Archived").id
    column = client.custom_fields.list_all_fields()[0].db_column_name
    made = client.assets.create("T-1", ready, shown, name=HOSTILE, serial="SN-0001", custom_fields={column: "id-1"})
    read = client.assets.get(made.id)
    check("a name that is escaped where it is read is what it was", read.name == HOSTILE)
    check("its custom field as well", read.custom_fields["Intune ID"]["value"] == "id-1")
    dock = client.assets.create("T-2", ready, plain, custom_fields={column: "id-2"})
    check("a field that the model does not show is left out", client.assets.get(dock.id).custom_fields == {})
    check("a tag is unique", "unique" in refused(lambda: client.assets.create("t-1", ready, shown)))
    check("a model that is none is refused", "model" in refused(lambda: client.assets.create("T-3", ready, 999_999)))
    check("a serial number finds its asset", client.assets.get_by_serial("sn-0001").id == made.id)
    check("and is an error where there is none", "exist" in refused(lambda: client.assets.get_by_serial("SN-9999")))

    out = client.assets.checkout_to_user(dock.id, users["anna"], note="hers")
    check("an asset is checked out", out.assigned_to.id == users["anna"])
    again = refused(lambda: client.assets.checkout_to_user(dock.id, users["ben"]))
    check("and not twice", "not available" in again)
    client.assets.checkin(dock.id)
    check("a free one is not checked in", "already" in refused(lambda: client.assets.checkin(dock.id)))

    named = client.assets.create("T-4", ready, shown, name="PC-4")
    client.assets.update_partial(named.id, assigned_user=users["anna"])
    check("a change with a user and no name takes the name away", not client.assets.get(named.id).name)
    client.assets.update_partial(named.id, assigned_user=users["ben"], name="R&D")
    spoilt = client.assets.get(named.id).name
    check("and one with both keeps the name as HTML", spoilt == html.escape("R&D"))
    check("without a look at who had it", client.assets.get(named.id).assigned_to.id == users["ben"])

    client.assets.update_partial(made.id, status_id=archived)
    check("an archived asset is hidden", made.id not in [row.id for row in client.assets.list_all()])
    check("unless it is asked for", made.id in [row.id for row in client.assets.list_all(status="Archived")])
    client.assets.delete(dock.id)
    check("the trash is a list of its own", dock.id in [row.id for row in client.assets.list_all(status="Deleted")])
    check("an asset in the trash is not changed", "xist" in refused(lambda: client.assets.update_partial(dock.id, notes="x"))
          if version == "7" else "not found" in refused(lambda: client.assets.update_partial(dock.id, notes="x")))
    check("an asset comes back from the trash", client.assets.restore(dock.id).deleted_at is None)
    check("once", "not deleted" in refused_restore(client, dock.id))
    for number in range(60):
        client.assets.create(f"P-{number}", ready, shown)
    rows = client.assets.list_all(sort="id", order="asc")
    ids = [row.id for row in rows]
    check("pages by id miss nothing", ids == sorted(ids) and len([row for row in rows if row.asset_tag[:2] == "P-"]) == 60)
    newest = client.assets.list(limit=1).rows[0]
    check("without asking, the newest comes first", newest.asset_tag == "P-59")


def refused_restore(client: Snipepy, asset: int) -> str:
    """Its text stands in the payload, which snipepy does not tell."""
    answer = client._http._session.post(f"{client._config.url}/api/v1/hardware/{asset}/restore")
    body = answer.json()
    return str(body["payload"]) if body["status"] == "error" else ""


def reconciler(url: str, token: str, client: Snipepy) -> None:
    """The sink of cairn-sync: the same device twice is one asset."""
    ready = client.status_labels.get_by_name("Ready to Deploy").id
    model = client.asset_models.get_by_name("Latitude 7450").id
    sink = SnipeITSink({"url": f"{url}/api/v1", "token": token, "status_id": ready, "default_model_id": model})
    device = NormalizedDevice(serial="CAIRN01", source="intune", hostname="PC-CAIRN", model="Latitude 7450")
    check("cairn-sync makes an asset", sink.upsert(device).action == "created")
    check("and finds it again", sink.upsert(device).action == "updated")
    found = client.assets.list(search="CAIRN01")
    check("there is one", found.total == 1 and found.rows[0].name == "PC-CAIRN")


def throttled(url: str, token: str) -> None:
    """The server takes 5 requests in 2 seconds."""
    client = Snipepy(Config(url=url, token=token, verify_ssl=False))
    began = time.monotonic()
    for _ in range(12):
        client.status_labels.list()
    check("a client that waits as it is told is served", time.monotonic() - began >= 2)
    impatient = Snipepy(Config(url=url, token=token), http=HttpClient(Config(url=url, token=token), max_retries=0))
    codes = set()
    for _ in range(8):
        answer = impatient._http._session.get(f"{url}/api/v1/version")
        codes.add(answer.status_code)
        if answer.status_code == 429:
            check("429 says when to come back", 1 <= int(answer.headers["Retry-After"]) <= 2)
            break
    check("one that does not wait is refused", 429 in codes)


def main() -> None:
    connect = json.loads(open(sys.argv[1], encoding="utf-8").readline())
    url, token = connect["url"], connect["token"]
    if sys.argv[3:] == ["throttled"]:
        throttled(url, token)
        return
    client = Snipepy(Config(url=url, token=token, verify_ssl=False))
    sign_in(url, token)
    models = catalogue(client)
    assets(client, connect["users"], models, sys.argv[2])
    reconciler(url, token, client)


main()
