#!/usr/bin/env python3
"""A web shop in one file, with Python's standard library alone: people order an app, and see what becomes of their order.

    shop.py http://127.0.0.1:3900 shop.token status.key [HOST:PORT]

It asks the bus which applications can be ordered, places orders, shows their phases, and hears of their end by webhook
(POST /status). It has no accounts: whoever reaches it may order, so let it listen on this machine alone. Your own shop knows
who is signed in, and orders for them.
"""
import hmac
import html
import http.client
import json
import secrets
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid

import webhook

ORDERS_SHOWN = 50
FORM_MAX = 10_000  # Bytes.
KEPT = 10_000  # Newest messages that are remembered: the bus sends the same one again for a day at most.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">{refresh}
<title>{title}</title><link rel="stylesheet" href="/shop.css"><main><h1>{title}</h1>{body}</main></html>"""
STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}td,th{padding:.2rem 1rem .2rem 0;
text-align:left;vertical-align:top}label{display:block;margin:.7rem 0}.waiting,.skipped{color:#666}.failed{color:#b00}.active{font-weight:bold}"""

heard = {}  # What webhooks have told: the newest body of each order.
seen_ids = {}  # Ids of messages that have been dealt with: the same one may come twice.
lock = threading.Lock()


class Problem(Exception):
    """The bus has answered with a problem, or not at all."""


def call(method, path, body=None):
    """One call to the bus; the answer as JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            problem = json.load(error)
        except ValueError:
            problem = {}
        raise Problem(f"{problem.get('detail', f'status {error.code}')} {problem.get('advice') or ''}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Problem(f"the bus does not answer now: {error}") from None


def remember(table, key, value):
    """Keeps the newest alone, so that a shop that runs for years needs no more memory. A table has the order of its entries."""
    table.pop(key, None)
    table[key] = value
    while len(table) > KEPT:
        del table[next(iter(table))]


def list_applications():
    """All that can be ordered now."""
    found, after = [], None
    while True:
        query = {"limit": 500} if after is None else {"limit": 500, "after": after}
        page = call("GET", "/sics/v1/applications?" + urllib.parse.urlencode(query))
        found += [one for one in page["applications"] if one["orderable"]]
        after = page.get("next")
        if after is None:
            return found


def escape(value):
    return html.escape("" if value is None else str(value), quote=True)


def show_start(csrf):
    """Applications with a form, and the newest orders."""
    def option(one):
        price = f" ({one['cost']} {one.get('currency') or ''})" if one.get("cost") else ""
        return f'<option value="{escape(one["id"])}">{escape(one["displayName"] + price)}</option>'

    applications = list_applications()
    orders = call("GET", f"/sics/v1/orders?limit={ORDERS_SHOWN}")["orders"]
    rows = "".join(
        f'<tr><td><a href="/orders/{urllib.parse.quote(one["id"], safe="")}">{escape(one["applicationName"])}</a><td>{escape(one["type"])}'
        f'<td>{escape(one.get("targetName") or one.get("user") or one.get("device"))}<td>{escape(one["state"])}</tr>' for one in orders)
    # The order has its id before it is sent: sent twice, it is one order.
    form = f"""<form method="post" action="/orders"><input type="hidden" name="csrf" value="{escape(csrf)}">
<input type="hidden" name="id" value="shop-{uuid.uuid4()}">
<label>Application <select name="application" required>{"".join(map(option, applications))}</select></label>
<label>Do <select name="type"><option value="install">install</option><option value="uninstall">uninstall</option></select></label>
<label>For <select name="kind"><option value="user">the user</option><option value="device">the device</option></select>
<input name="target" required maxlength="200" placeholder="sign-in name, or name of the device"></label><button>Order</button></form>"""
    if not applications:
        form = "<p>No application can be ordered yet: <code>intune-connector apps linked</code> shows why.</p>"
    return "Shop", form + f"<h2>Orders</h2><table>{rows}</table>", False


def show_order(order_id):
    """One order with its phases."""
    order = call("GET", "/sics/v1/orders/" + urllib.parse.quote(order_id, safe=""))
    phases = "".join(
        f'<li class="{escape(phase["state"])}">{escape(phase["name"])}: {escape(phase["state"])} {escape(phase.get("at"))}<ul>'
        + "".join(f'<li>{escape(action["at"])} {escape(action["text"])}</li>' for action in phase["actions"]) + "</ul></li>"
        for phase in order["phases"])
    failure, told = order.get("failure"), heard.get(order_id)
    body = f"<p>{escape(order['type'])} {escape(order['applicationName'])} for {escape(order.get('user') or order.get('device'))}: "
    body += f"<strong>{escape(order['state'])}</strong> {escape(order.get('message'))}</p><ol>{phases}</ol>"
    if failure:
        body += f"<p class=failed>{escape(failure['message'])} {escape(failure['advice'])}</p>"
    if told:
        body += f"<p>Told by webhook: {escape(told['state'])}, status {escape(told['status'])}, {escape(told['message'])}</p>"
    return f"Order {escape(order_id)}", body + '<p><a href="/">All orders</a></p>', order.get("status") is None


class Shop(webhook.Handler):
    """One request of a browser, or of the bus."""

    def do_GET(self):
        if not self.is_for_us():
            return self.answer(421, "text/plain", "this is the shop of another name")
        path = urllib.parse.urlsplit(self.path).path
        if path == "/shop.css":
            return self.answer(200, "text/css", STYLE)
        session = self.session() or secrets.token_urlsafe(24)
        try:
            if path == "/":
                return self.show(200, *show_start(csrf_of(session)), session=session)
            if path.startswith("/orders/"):
                return self.show(200, *show_order(urllib.parse.unquote(path[len("/orders/"):])))
        except Problem as problem:
            return self.show(502, "That did not work", f"<p>{escape(problem)}</p>", False)
        return self.show(404, "There is nothing here", '<p><a href="/">Shop</a></p>', False)

    def do_POST(self):
        if self.path == "/status":
            return self.take_status()
        if self.path != "/orders" or not self.is_for_us():
            return self.show(404, "There is nothing here", "", False)
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > FORM_MAX:
            return self.show(413, "The form is too long", "", False)
        fields = dict(urllib.parse.parse_qsl(self.rfile.read(int(length)).decode("utf-8", "replace")))
        session = self.session()
        # Another site can send this form, but knows neither the cookie nor what belongs to it.
        if not session or not hmac.compare_digest(fields.get("csrf", "").encode(), csrf_of(session).encode()):
            return self.show(403, "This form is not from here", '<p>Open <a href="/">the shop</a> and order again.</p>', False)
        kind = "device" if fields.get("kind") == "device" else "user"
        body = {name: fields.get(name, "") for name in ("id", "application", "type")} | {kind: fields.get("target", "").strip()}
        try:
            order = call("POST", "/sics/v1/orders", body)
        except Problem as problem:
            return self.show(409, "The order was not taken", f'<p>{escape(problem)}</p><p><a href="/">Back</a></p>', False)
        return self.answer(303, "text/plain", "", [("Location", "/orders/" + urllib.parse.quote(order["id"], safe=""))])

    def take_status(self):
        """A message of the bus: what became of an order."""
        try:
            message_id, message = webhook.read_message(self, status_key)
            told = message["data"]
            line = f"{told['order']}: {told['state']}, status {told['status']}, {told['message']}"
            with lock:
                if message_id not in seen_ids:
                    remember(heard, told["order"], told)
                    remember(seen_ids, message_id, True)
                    print(line, flush=True)
        except webhook.Refused as refused:
            return self.answer(refused.status, "text/plain", str(refused))
        except (KeyError, TypeError) as error:
            return self.answer(400, "text/plain", f"the message lacks {error}")
        return self.answer(204, "text/plain", "")

    def is_for_us(self):
        """A page of another site can't come in by a name of its own that leads here."""
        return self.headers.get("Host", "") in self.hosts

    def session(self):
        cookies = (part.strip().partition("=") for part in self.headers.get("Cookie", "").split(";"))
        return next((value for name, _, value in cookies if name == "shop"), None)

    def show(self, status, title, body, waits, session=None):
        refresh = '<meta http-equiv="refresh" content="3">' if waits else ""
        policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        headers = [("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer")]
        if session:
            headers.append(("Set-Cookie", f"shop={session}; HttpOnly; SameSite=Strict; Path=/"))
        self.answer(status, "text/html", PAGE.format(title=title, body=body, refresh=refresh), headers)


def csrf_of(session):
    """What stands in forms of this session; only this process can make it."""
    return hmac.new(form_key, session.encode(), "sha256").hexdigest()


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit("use: shop.py URL TOKEN-FILE KEY-FILE [HOST:PORT]")
    url, form_key = sys.argv[1].rstrip("/"), secrets.token_bytes(32)
    with open(sys.argv[2], encoding="utf-8") as token_file:
        token = token_file.read().strip()
    status_key = webhook.read_key(sys.argv[3])
    webhook.serve(Shop, sys.argv[4] if len(sys.argv) == 5 else "127.0.0.1:8800", "/")
