#!/usr/bin/env python3
"""A management server in one file, with Python's standard library alone.

    server.py http://127.0.0.1:3900 itam itam.token itam.json

It announces itself, reads changes, keeps them in a JSON file and acknowledges them; then it reads what became of its jobs.
It may be stopped and started again at any time: what is not acknowledged is sent again, and applying it twice does no harm.
Your own server does the same with a database: one transaction for the page and its cursor, then the acknowledgement.
For HTTPS with a certificate of your own, let SSL_CERT_FILE name the file of its authority.
"""
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

WAIT_MS = 5000  # How long the bus keeps a question open when it has nothing new; 60000 where each loop has a thread.
PAUSE = 2  # Seconds between two tries.

acknowledged = {}  # Cursor and position that the bus has confirmed since the start.


class Refused(Exception):
    """The bus has answered with a problem: a code, what happened and what to do."""

    def __init__(self, problem):
        super().__init__(f"{problem.get('detail')}\n  {problem.get('advice', '')}")
        self.code = problem.get("code")


def call(method, path, body=None):
    """One call; the answer as JSON. Tries again while the bus is away or busy."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/sics/v1/servers/{server}{path}", data, headers, method=method)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 429 and error.code < 500:
                try:
                    problem = json.load(error)
                except ValueError:
                    problem = {"detail": f"{method} {path or '/'}: status {error.code}"}
                raise Refused(problem) from None
            seen = f"status {error.code}"
        except (OSError, ValueError, http.client.HTTPException) as error:  # Not reached, or broken off in the middle of the answer.
            seen = error
        print(f"{server}: {url} does not answer now ({seen}); trying again", file=sys.stderr, flush=True)
        time.sleep(PAUSE)


def apply(fleets, change):
    """Applies one change to what is held. The order of the changes is the order in which to apply them."""
    fleet = fleets.setdefault(change["instance"], {"snapshot": False, "devices": {}})
    devices, kind, device_id = fleet["devices"], change["kind"], change.get("deviceId")
    held = devices.get(device_id)
    is_old = held is not None and held["seen"] and change.get("seq", held["seq"]) < held["seq"]
    if kind == "upsert":
        if not is_old:
            devices[device_id] = {"seq": change["seq"], "seen": True, "device": change["device"]}
    elif kind == "gone":
        if not is_old:
            devices.pop(device_id, None)
    elif kind == "snapshotBegin":
        fleet["snapshot"] = True
        for held in devices.values():
            held["seen"] = False
    elif kind == "snapshotEnd":
        # What was held and not seen between the marks has gone, but for what could not be read.
        set_aside = change.get("setAside", [])
        for device_id in [one for one, held in devices.items() if fleet["snapshot"] and not held["seen"]]:
            if device_id in set_aside:
                devices[device_id].update(seen=True, seq=0)
            else:
                del devices[device_id]
        fleet["snapshot"] = False
    else:
        sys.exit(f"{server}: changes of the kind {kind} are not known; a newer server.py is needed")


def keep(state):
    """Writes the file whole or not at all; only then may anything be acknowledged."""
    with open(state_file + ".new", "w", encoding="utf-8", opener=private) as file:
        json.dump(state, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(state_file + ".new", state_file)


def private(path, flags):
    return os.open(path, flags, 0o600)


def read_changes(state, must_begin):
    """One page of changes: read, apply, keep, acknowledge."""
    query = {"limit": 500, "wait_ms": WAIT_MS}
    if state.get("cursor"):
        query["cursor"] = state["cursor"]
    page = call("GET", "/changes?" + urllib.parse.urlencode(query))
    changes = page["changes"]
    if must_begin and (not changes or changes[0]["kind"] != "snapshotBegin"):
        # Without this look the file would silently lack every device that does not change any more.
        sys.exit(f"{server}: {state_file} is new, but the bus has sent {server} changes before\n"
                 f"  bring the file back, or ask for everything again, on the machine of the bus: "
                 f"intune-connector servers resync {server} --data DIR")
    for change in changes:
        apply(state["instances"], change)
    if page["cursor"] != state.get("cursor"):
        state["cursor"] = page["cursor"]
        keep(state)
    if page["cursor"] != acknowledged.get("cursor"):
        # After a start as well: a kill may have come between keeping and acknowledging.
        call("POST", "/changes/ack", {"cursor": page["cursor"]})
        acknowledged["cursor"] = page["cursor"]
    if changes:
        held = sum(len(fleet["devices"]) for fleet in state["instances"].values())
        print(f"{server}: {len(changes)} changes; {state_file} holds {held} devices", flush=True)


def read_results(state):
    """One page of results: what became of each device of the jobs that this server has sent."""
    query = {"limit": 500, "wait_ms": WAIT_MS}
    if state.get("position"):
        query["after"] = state["position"]
    page = call("GET", "/results?" + urllib.parse.urlencode(query))
    for result in page["results"]:
        # A later result of the same task takes the place of the earlier one, whatever it says.
        state["results"][str(result["task"])] = result
        end = " (the last)" if result["last"] else ""
        print(f"{server}: {result['action']} {result['deviceId']}: {result['state']}{end}", flush=True)
    if page["position"] and page["position"] != state.get("position"):
        state["position"] = page["position"]
        keep(state)
    if page["position"] and page["position"] != acknowledged.get("position"):
        call("POST", "/results/ack", {"position": page["position"]})
        acknowledged["position"] = page["position"]


def main():
    state, must_begin = {"instances": {}, "results": {}}, False
    if os.path.exists(state_file):
        with open(state_file, encoding="utf-8") as file:
            state = json.load(file)
    # May be done at each start: what is there already stays.
    known = call("PUT", "", {"displayName": server})
    if "cursor" not in state:
        must_begin = known["acknowledgedAt"] is not None
    waits = False
    while True:
        try:
            read_changes(state, must_begin)
            must_begin, waits = False, False
            read_results(state)
        except Refused as refused:
            if refused.code == "notAccepted":
                if not waits:
                    print(f"{server}: waits until it is accepted", flush=True)
                waits = True
                time.sleep(PAUSE)
            elif refused.code == "cursorOutdated":
                # Read without a cursor: what comes then is whole, and what is held is compared with it.
                state["cursor"] = None
            elif refused.code == "positionOutdated":
                state["position"] = "0"
            else:
                sys.exit(f"{server}: {refused}")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("use: server.py URL SERVER TOKEN-FILE STATE-FILE")
    url, server, state_file = sys.argv[1].rstrip("/"), urllib.parse.quote(sys.argv[2], safe=""), sys.argv[4]
    with open(sys.argv[3], encoding="utf-8") as token_file:
        token = token_file.read().strip()
    try:
        main()
    except KeyboardInterrupt:
        pass
