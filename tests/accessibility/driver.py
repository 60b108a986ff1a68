"""A headless Chromium, driven by chromedriver over the W3C's protocol."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

PATIENCE_S = 60
PAUSE_S = 0.05
# As the protocol writes them.
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "Shift": "\ue008", "Escape": "\ue00c", "Down": "\ue015"}


class WrongPage(Exception):
    """What a page shows or does is not what is expected of it."""


def wait_until(what: str, look, patience_s: float = PATIENCE_S):
    """What `look` answers, as soon as it is something."""
    end = time.monotonic() + patience_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise WrongPage(f"{what}: not within {patience_s:.0f} s")
        time.sleep(PAUSE_S)


class Browser:
    """One window with a profile of its own, which goes with it."""

    def __init__(self, language: str = "en") -> None:
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._profile = tempfile.mkdtemp(prefix="console-browser-")
        try:
            self._base = f"http://127.0.0.1:{self._read_port()}"
            session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": self._wishes(language)}})
        except BaseException:
            self.close()
            raise
        self._base += f"/session/{session['sessionId']}"

    def _read_port(self) -> int:
        for line in self._driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                # What it says later has to go somewhere.
                threading.Thread(target=lambda: self._driver.stdout.read(), daemon=True).start()
                return int(found[1])
        raise RuntimeError("chromedriver does not start")

    def _wishes(self, language: str) -> dict:
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        arguments += ["--disable-background-networking", "--hide-scrollbars", f"--lang={language}"]
        arguments += ["--window-size=1280,900", f"--user-data-dir={self._profile}"]
        options = {"args": arguments, "prefs": {"intl.accept_languages": language}}
        return {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "WARNING"}}

    def _call(self, method: str, path: str, body: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            raise WrongPage(f"{told['error']}: {told['message'].splitlines()[0]}") from None

    def close(self) -> None:
        try:
            self._call("DELETE", "")
        except (WrongPage, OSError, AttributeError):
            pass
        self._driver.kill()
        self._driver.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def url(self) -> str:
        return self._call("GET", "/url")

    def run(self, script: str, *arguments):
        """What a script returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script: str, *arguments):
        """What a script hands to its last argument."""
        return self._call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def press(self, key: str, times: int = 1) -> None:
        """A key of `KEYS`, or a letter."""
        letter = KEYS.get(key, key)
        pressed = [{"type": "keyDown", "value": letter}, {"type": "keyUp", "value": letter}]
        actions = [{"type": "key", "id": "keyboard", "actions": pressed * times}]
        self._call("POST", "/actions", {"actions": actions})

    def type(self, text: str) -> None:
        pressed = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": pressed}]})

    def set_size(self, width: int, height: int = 900) -> None:
        """A window as wide as that; narrower than any real one can be."""
        self._control("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, height_max: int) -> bytes:
        """The whole page as PNG, up to this height."""
        size = self.run("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], height_max), "scale": 1}
        taken = self._control("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(taken["data"])

    def _control(self, command: str, **parameters):
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def cookies(self) -> dict[str, str]:
        return {cookie["name"]: cookie["value"] for cookie in self._call("GET", "/cookie")}

    def set_cookie(self, name: str, value: str) -> None:
        self._call("POST", "/cookie", {"cookie": {"name": name, "value": value, "path": "/", "sameSite": "Strict"}})

    def forget_cookies(self) -> None:
        self._call("DELETE", "/cookie")

    def complaints(self) -> list[str]:
        """What the browser has complained of since the last time: errors of scripts, what the policy of content refuses."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def wait_for_path(self, pattern: str) -> str:
        """Waits until the address has this path, and the page is there."""

        def look():
            path = re.sub(r"^https?://[^/]+", "", self.url())
            ready = self.run("return document.readyState") == "complete"
            return path if ready and re.fullmatch(pattern, path.split("?")[0].split("#")[0]) else None

        try:
            return wait_until(f"the page {pattern}", look)
        except WrongPage as error:
            shown = self.run("return document.querySelector('main')?.innerText ?? ''")
            raise WrongPage(f"{error}; {self.url()} shows: {shown[:800]}") from None
