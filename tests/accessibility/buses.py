"""The buses whose console is looked at: a demonstration that lives, and an empty one beside a simulated tenant."""

import base64
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.request

from demo_orders import add_orders
from demo_targets import DemoDatabase, add_target
from driver import wait_until


class Process:
    """A program whose lines are kept."""

    def __init__(self, command: list[str], **options) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, pattern: str, patience_s: float = 120) -> re.Match:
        """The first line in which this is found."""

        def look():
            found = next(filter(None, (re.search(pattern, line) for line in list(self.lines))), None)
            if not found and self._process.poll() is not None:
                raise RuntimeError("it has ended:\n" + "\n".join(self.lines[-20:]))
            return found

        return wait_until(f"the line {pattern!r}", look, patience_s)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def call(program: str, *arguments: str, given: str | None = None) -> str:
    """What a command prints."""
    done = subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


class Api:
    """Something that answers with JSON, in the name of nobody or of somebody with a password."""

    def __init__(self, base: str, name: str = "", password: str = "") -> None:
        self._base = base
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._basic = base64.b64encode(f"{name}:{password}".encode()).decode() if name else ""

    def call(self, method: str, path: str, body: dict | None = None):
        """What is answered; a refusal is `urllib.error.HTTPError`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if self._basic:
            request.add_header("Authorization", f"Basic {self._basic}")
        with self._opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class DemoBus:
    """What `demo` shows, with some more accounts, orders of apps and a target, so that each page has something to show."""

    person = "demo"

    def __init__(self, program: str, devices: int) -> None:
        self._program = program
        self._is_link_used = False
        # Of what was added here.
        self.pages: list[str] = []
        self._database: DemoDatabase | None = None
        self._process = Process([program, "demo", "--devices", str(devices)])
        try:
            self.password = self._process.wait_for(r"password\s+(\S+)")[1]
            self.folder = self._process.wait_for(r"^\s*folder\s+(\S+)")[1]
            tenant = self._process.wait_for(r"^\s*tenant\s+(\S+)")[1]
            # The last thing that it shows by itself: afterwards there is something for everybody to do.
            self._process.wait_for(r"brake: they wait for a person", 300)
            self._add_accounts()
            local = json.loads(pathlib.Path(self.folder, "local-connection.json").read_text(encoding="utf-8"))
            api = Api(f"{local['url']}/sics/v1", self.person, self.password)
            self._add_what_is_under_way(api)
            self.pages += add_orders(api, Api(tenant), tenant)
            self._database = DemoDatabase()
            self.pages += add_target(api, self._database)
        except BaseException:
            self.stop()
            raise

    def _add_accounts(self) -> None:
        data = ["--data", self.folder]
        add = ["operators", "add"]
        password = ["--new-password-file", "-"]
        call(self._program, *add, "anna", "--role", "administrator", *password, *data, given="anna has none of it yet\n")
        call(self._program, *add, "gate", "--kind", "server", "--role", "gateway", "--with-token", *data)
        call(self._program, "roles", "add", "night-shift", "--rights", "Devices_Read,Jobs_Read", "--add-dependencies", *data)

    def _add_what_is_under_way(self, api: Api) -> None:
        """A token of the person's own, and registrations of applications; the pages that show them."""
        token = api.call("POST", f"/operators/{self.person}/tokens", {"name": "a script"})
        self.pages.append(f"/account/tokens/{token['id']}")
        for place in ("products/intune-connector", "installations/IntuneConnector_1"):
            registration = api.call("POST", f"/{place}/registrations", {"answers": {}, "language": "en"})
            self.pages.append(f"/{place}/registrations/{registration['id']}")

    def sign_in_link(self) -> str:
        """Signs in as the person of the demonstration, once: the one that it prints, then others."""
        if not self._is_link_used:
            self._is_link_used = True
            printed = (re.search(r"web console:?\s+(\S+#token=\S+)", line) for line in list(self._process.lines))
            found = next(filter(None, printed), None)
            if found:
                return found[1]
        told = call(self._program, "console-link", "--user", self.person, "--json", "--data", self.folder)
        return json.loads(told)["url"]

    def stop(self) -> None:
        self._process.stop()
        if self._database:
            self._database.stop()


class EmptyBus:
    """A bus without anybody and anything, and a tenant that it could read."""

    def __init__(self, program: str, devices: int) -> None:
        self._place = tempfile.mkdtemp(prefix="console-bus-")
        self.folder = str(pathlib.Path(self._place, "data"))
        self._processes: list[Process] = []
        try:
            tenant = [program, "simulate", "--http", "--listen", "127.0.0.1:0", "--devices", str(devices), "--json"]
            self._processes.append(Process(tenant))
            self.tenant = json.loads(self._processes[0].wait_for(r"^\{.*\}$")[0])
            bus = [program, "run", "--data", self.folder, "--listen", "127.0.0.1:0", "--quiet"]
            self._processes.append(Process(bus))
            self.console = self._processes[1].wait_for(r"web console on (\S+)")[1]
            self.setup_link = pathlib.Path(self.folder, "console-setup").read_text(encoding="utf-8").splitlines()[0]
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.stop()
        shutil.rmtree(self._place, ignore_errors=True)
