"""A target on the bus of a demonstration: a PostgreSQL server of its own, into which the devices are written until somebody
has to look."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.error

from driver import wait_until

PRODUCT = "intune-target-postgresql"
PASSWORD = "of a demonstration"
STARTED_S = 60
WRITTEN_S = 120


class DemoDatabase:
    """A PostgreSQL of Debian's package. It runs as `postgres` where this runs as root."""

    def __init__(self) -> None:
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            raise RuntimeError("PostgreSQL is not installed: run installer/prerequisites.sh")
        self._programs = programs[-1].parent
        self._place = tempfile.mkdtemp(prefix="console-database-")
        self._account: dict = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._place, user.pw_uid, user.pw_gid)
            self._account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._server: subprocess.Popen | None = None
        try:
            self._make_cluster()
            self._run()
        except BaseException:
            self.stop()
            raise

    def _make_cluster(self) -> None:
        password = pathlib.Path(self._place, "password")
        password.write_text(PASSWORD, encoding="utf-8")
        command = [self._programs / "initdb", "--pgdata", f"{self._place}/data", "--username=postgres", "--no-sync"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={password}"]
        done = subprocess.run(command, cwd=self._place, capture_output=True, text=True, check=False, **self._account)
        if done.returncode != 0:
            raise RuntimeError(f"initdb: {done.stderr}")

    def _run(self) -> None:
        command = [str(self._programs / "postgres"), "-D", f"{self._place}/data", "-p", str(self.port)]
        for setting in ("listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=16MB"):
            command += ["-c", setting]
        log = pathlib.Path(self._place, "log")
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                command, cwd=self._place, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **self._account
            )

        def look() -> bool:
            if self._server.poll() is not None:
                raise RuntimeError(f"PostgreSQL has ended: {log.read_text(encoding='utf-8', errors='replace')}")
            return b"ready to accept connections" in log.read_bytes()

        wait_until("PostgreSQL answers", look, STARTED_S)

    def stop(self) -> None:
        if self._server:
            # Clients that are still there do not hold it up.
            self._server.send_signal(signal.SIGINT)
            self._server.wait()
            self._server = None
        shutil.rmtree(self._place, ignore_errors=True)


def add_target(api, database: DemoDatabase) -> list[str]:
    """Installs the product as its wizard would, and waits until its first records are written. The pages that show it."""
    answers = {
        "profile": "Demonstration",
        "host": "127.0.0.1",
        "port": database.port,
        "database": "postgres",
        "user": "postgres",
        "password": PASSWORD,
        "tls": "off",
        "allow_private_addresses": True,
    }
    begun = api.call("POST", f"/products/{PRODUCT}/installations", {"answers": answers, "anyway": ["verify"]})
    name = begun["name"]

    def look():
        try:
            return api.call("GET", f"/targets/{name}")["question"]
        except urllib.error.HTTPError:
            return None

    wait_until("the target waits for consent", look, WRITTEN_S)
    run = next(run for run in api.call("GET", f"/targets/{name}/runs")["runs"] if any(run["counts"].values()))
    page = f"/targets/{name}"
    # What is shown when somebody asks for it.
    asked = [f"{page}/preview?run=1", f"{page}/mapping?fields=1", f"{page}/links/forget"]
    return [page, *asked, f"{page}/runs/{run['run']}/revert", f"/microservices/{name}", f"/servers/{name}"]
