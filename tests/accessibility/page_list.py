"""Which pages there are: every route of the console, each by a link that leads there."""

import html.parser
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request

SOURCES = pathlib.Path(__file__).parents[2] / "crates/web-console/src/pages"
# Links of one route whose paths or queries differ; more of them look alike.
VARIANTS_MAX = 4
# State of a list, which makes no other page of it.
LIST_STATE = {"sort", "order", "page", "rows", "columns", "search", "name", "serial", "user", "platform", "compliance"}
LIST_STATE |= {"ownership", "checkedInBefore", "checkedInAfter", "done", "next", "device", "expect", "instance", "view"}
# No pages: what scripts read, pictures, and what a browser saves.
NO_PAGES = {"journal", "stream", "icon", "certificate", "export"}
# Where no link leads, or not to each of its states.
SEEDS = [
    "/",
    "/account",
    "/account/confirm",
    "/account/tokens",
    "/actions",
    "/approvals",
    "/killswitch",
    "/microservices/IntuneConnector_1",
    "/microservices/IntuneConnector_1/snapshot",
    "/operators/anna",
    "/operators/anna/sessions",
    "/operators/gate",
    "/operators/-/waiting",
    "/roles/night-shift",
    "/no-such-page",
    "/lost?search=a",
    "/devices/act",
    "/devices?search=nothing-is-called-so",
    "/devices?filter=nonsense%20%3D%3D",
    "/jobs/1",
    "/jobs/3",
    "/jobs/4",
]
# Of each platform one device.
PLATFORMS = ["Windows", "iOS", "macOS", "Android"]


def read_routes() -> list[str]:
    """What the sources declare, with places in braces."""
    found = set()
    for path in SOURCES.rglob("*.rs"):
        found |= set(re.findall(r'PageRoute::get\(\s*"([^"]+)"', path.read_text(encoding="utf-8")))
    return sorted(found)


def match_route(routes: list[str], path: str) -> str | None:
    """The route that serves a path: the one that says most of it literally."""
    fitting = [route for route in routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), path)]
    return min(fitting, key=lambda route: route.count("{"), default=None)


class LinkReader(html.parser.HTMLParser):
    """Where links and forms that only show something lead."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href") and "download" not in given:
            self.links.append(given["href"])
        elif tag == "form" and given.get("method", "get").lower() == "get" and given.get("action"):
            self.links.append(given["action"])


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Crawler:
    """Follows links in the name of whoever is signed in, and notes one page of each kind."""

    def __init__(self, base: str, cookies: dict[str, str], variants_max: int = VARIANTS_MAX) -> None:
        self._base = base
        self._cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())
        self._variants_max = variants_max
        self._kinds: dict[str | None, set] = {}
        self._addresses: set = set()
        self._no_pages: set = set()
        self._later: list[str] = []
        self.routes = read_routes()
        self.pages: list[str] = []

    def crawl(self, seeds: list[str]) -> None:
        seeds = list(seeds)
        for platform in PLATFORMS:
            devices = self._follow(f"/devices?platform={platform}") or []
            seeds += [path for path in devices if self._route(path) == "/devices/{instance}/{id}"][:1]
        waiting = [(path, True) for path in seeds]
        while waiting:
            path, is_seed = waiting.pop(0)
            if self._is_new(path, is_seed):
                links = self._follow(path)
                if links is not None:
                    self.pages.append(path)
                    waiting += [(link, False) for link in links]
                waiting += [(link, False) for link in self._later]
                self._later.clear()

    def missing(self, elsewhere: set[str]) -> list[str]:
        """Routes to which nothing led, besides those that are looked at elsewhere."""
        seen = elsewhere | self._no_pages | {self._route(page) for page in self.pages}
        return [route for route in self.routes if route not in seen and route.split("/")[-1] not in NO_PAGES]

    def _route(self, path: str) -> str | None:
        return match_route(self.routes, path.split("?")[0])

    def _is_new(self, path: str, is_seed: bool) -> bool:
        route = self._route(path)
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query)
        address = (path.split("?")[0], frozenset(query))
        if address in self._addresses:
            return False
        self._addresses.add(address)
        told = frozenset((name, value if name == "action" else "") for name, value in query if name not in LIST_STATE)
        is_named = route is not None and route.startswith("/reports/")
        kind = (path if is_seed else told, path.split("?")[0] if is_named else "")
        known = self._kinds.setdefault(route, set())
        if kind in known or (len(known) >= self._variants_max and not is_seed and not is_named):
            return False
        known.add(kind)
        return True

    def _follow(self, path: str) -> list[str] | None:
        """Where its links lead; `None`: it is a file, or nothing but the way to another page."""
        request = urllib.request.Request(self._base + path, headers={"Cookie": self._cookie, "Accept": "text/html"})
        try:
            answer = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            if answer.status >= 500:
                raise RuntimeError(f"{path} answers {answer.status}")
            if 300 <= answer.status < 400:
                # What is there instead is a page like any other.
                self._no_pages.add(self._route(path))
                self._later += self._own_links(path, [answer.headers["Location"]])
                return None
            if answer.headers.get_content_type() != "text/html":
                self._no_pages.add(self._route(path))
                return None
            reader = LinkReader()
            reader.feed(answer.read().decode())
        return self._own_links(path, reader.links)

    def _own_links(self, path: str, links: list[str]) -> list[str]:
        found = (urllib.parse.urljoin(path, link).split("#")[0] for link in links)
        return [link for link in found if link.startswith("/") and not link.startswith(("//", "/assets/"))]


def name_page(path: str) -> str:
    """What a picture of it is called."""
    words = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "one", path)
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-").lower()[:80] or "dashboard"
