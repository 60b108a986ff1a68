"""The way into a console, and what is chosen there."""

import re
import urllib.parse

from buses import EmptyBus
from driver import Browser, wait_until

FIRST_PERSON = "first"
FIRST_PASSWORD = "what only the first one knows"


class Console:
    """A console in which somebody is signed in, by a link that does it by itself."""

    def __init__(self, browser: Browser, link: str) -> None:
        self._browser = browser
        self.base = find_base(link)
        browser.open(link)
        browser.wait_for_path("/")

    @classmethod
    def of_open_page(cls, browser: Browser) -> "Console":
        console = cls.__new__(cls)
        console._browser = browser
        console.base = find_base(browser.url())
        return console

    def open(self, path: str) -> None:
        self._browser.open(self.base + path)

    def set_theme(self, theme: str) -> None:
        """As the switch of the page does it, by its cookie."""
        self._browser.set_cookie(f"theme{self._suffix()}", theme)

    def forget_session(self) -> None:
        suffix = self._suffix()
        self._browser.forget_cookies()
        # What tells consoles on one machine apart is asked of the next page.
        self.open("/sign-in")
        wait_until("a cookie of visitors", lambda: f"visit{suffix}" in self._browser.cookies())

    def _suffix(self) -> str:
        found = [re.fullmatch(r"(?:session|visit)(-\d+)", name) for name in self._browser.cookies()]
        return next(match[1] for match in found if match)


def find_base(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def set_up(browser: Browser, bus: EmptyBus) -> Console:
    """Makes the first person of an empty bus."""
    browser.open(bus.setup_link)
    fields = {"name": FIRST_PERSON, "password": FIRST_PASSWORD, "repeat": FIRST_PASSWORD}
    browser.run(
        """for (const [name, value] of Object.entries(arguments[0])) document.getElementById(name).value = value;
        document.querySelector("main form button.primary").click()""",
        fields,
    )
    browser.wait_for_path("/")
    return Console.of_open_page(browser)
