"""Orders of apps on the bus of a demonstration: the product, one application, one order that goes on for hours, and one
that waits for approval."""

import urllib.error

from driver import WrongPage, wait_until

PRODUCT = "intune-app-orders"
# Of the simulated tenant of a demonstration, always the same: the application `App orders` (docs/SIMULATOR.md).
TENANT_ID = "f6452c1a-98a7-44e7-99b1-35c220d47fa7"
CLIENT_ID = "a4977a9d-1277-4535-906d-7710119a0e89"
SECRET = "sim~4abddb62f1508ca291543db82326b5e9-orders"
# An app of that tenant, for Windows.
APP = "VLC media player"
APPLICATION = "vlc"
INSTALLED_S = 120
PROCESSED_S = 30


def add_orders(api, tenant, tenant_url: str) -> list[str]:
    """The pages that show them. `api`: of the bus; `tenant`: of the simulated tenant, whose address is `tenant_url`."""
    instance = install(api, tenant_url)
    app = api.call("GET", f"/apps?search={APP.split()[0]}")["apps"][0]
    # What is ordered stays open, however long somebody looks at it.
    tenant.call("POST", "/simulator/installs", {"app": app["id"], "ending": "never"})
    link(api, app["id"])
    people = list_people(api)
    open_order = place(api, people, "demo-1", {"note": "For the meeting room"})
    waiting = place(api, people, "demo-2", {"approval": "operator", "note": "For the trainee"})
    wait_until_processed(api, open_order)
    application = f"/applications/{APPLICATION}"
    pages = [application, f"{application}/edit", f"{application}/remove", f"/orders/{open_order}", f"/orders/{waiting}"]
    return [*pages, f"/microservices/{instance}"]


def install(api, tenant_url: str) -> str:
    """Installs the product as its wizard would, and waits until it takes orders. Answers the name of the instance."""
    answers = {
        "tenant_id": TENANT_ID,
        "client_id": CLIENT_ID,
        "secret": SECRET,
        "network": ["addresses"],
        "login_url": tenant_url,
        "graph_url": tenant_url,
    }
    begun = api.call("POST", f"/products/{PRODUCT}/installations", {"answers": answers, "anyway": ["verify"]})

    def look():
        try:
            return api.call("GET", "/apps")
        except urllib.error.HTTPError:
            return None

    wait_until("app orders run", look, INSTALLED_S)
    return begun["name"]


def link(api, app: str) -> None:
    """Waits until the application can be ordered."""
    path = f"/applications/{APPLICATION}"
    body = {"app": app, "comment": "Plays videos", "cost": "12.50", "currency": "EUR", "licences": 10, "termDays": 365}
    api.call("PUT", path, body)
    wait_until("the application can be ordered", lambda: api.call("GET", path)["orderable"], INSTALLED_S)


def list_people(api) -> list[str]:
    """Sign-in names of people who have a Windows device, each once."""
    devices = api.call("GET", "/devices?platform=Windows&limit=100")["devices"]
    names = (device["device"].get("userPrincipalName") for device in devices)
    return list(dict.fromkeys(name for name in names if name))


def place(api, people: list[str], order: str, more: dict) -> str:
    """For the first of these for whom it can be ordered; none of those before is left. Answers the id of the order."""
    refused = ""
    while people:
        body = {"id": order, "application": APPLICATION, "type": "install", "user": people.pop(0), **more}
        try:
            api.call("POST", "/orders", body)
            return order
        except urllib.error.HTTPError as error:
            # Devices of the demonstration come and go, and some people have one that Intune does not manage.
            refused = error.read().decode(errors="replace")
    raise RuntimeError(f"nobody can be given the app: {refused}")


def wait_until_processed(api, order: str) -> None:
    """Pictures show more of it then; it is an open order all the same."""
    try:
        wait_until("the order is given to Intune", lambda: api.call("GET", f"/orders/{order}")["processedAt"], PROCESSED_S)
    except WrongPage:
        print(f"order {order} is not given to Intune yet", flush=True)
