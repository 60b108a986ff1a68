"""What a person does who has no mouse: every step is a key."""

from axe_rules import AxeRules, Violation
from buses import DemoBus, EmptyBus
from driver import Browser, WrongPage, wait_until
from sign_in import Console

TABS_MAX = 600
# What can be reached by Tab; of a group of radio buttons one.
REACHABLE = """
const seen = new Set();
return [...document.querySelectorAll("main a[href], main button, main input, main select, main textarea, main summary")]
  .filter((part) => !part.disabled && part.type !== "hidden" && part.tabIndex >= 0 && part.checkVisibility({ visibilityProperty: true }))
  .filter((part) => part.type !== "radio" || (part.checked || !document.querySelector(`input[name="${CSS.escape(part.name)}"]:checked`)))
  .filter((part) => part.type !== "radio" || (!seen.has(part.name) && seen.add(part.name)))
  .filter((part) => part.hasAttribute("data-present") && !part.hasAttribute("data-reached"))
  .map((part) => part.outerHTML.slice(0, 160));
"""
MARK_PRESENT = """
for (const part of document.querySelectorAll("main a[href], main button, main input, main select, main textarea, main summary"))
  if (part.checkVisibility({ visibilityProperty: true })) part.setAttribute("data-present", "");
"""
# A page whose window is not in front draws no focus. Fields for dates draw theirs around the part within them; what scripts alone can focus need not show it.
FOCUSED = """
const part = document.activeElement;
if (!part || part === document.body || part === document.documentElement) return null;
part.setAttribute("data-reached", "");
const style = getComputedStyle(part);
const ringed = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"
  || !document.hasFocus() || part.tabIndex < 0 || ["date", "time", "datetime-local"].includes(part.type);
const box = part.getBoundingClientRect();
return { fits: part.matches(arguments[0]), ringed, shown: box.bottom > 0 && box.top < innerHeight,
  html: part.outerHTML.slice(0, 160) };
"""


class Keyboard:
    def __init__(self, browser: Browser, walk: str) -> None:
        self.browser = browser
        self._walk = walk
        self.found: list[Violation] = []

    def look(self, css: str) -> dict | None:
        """What has the focus, and whether it is this."""
        focused = self.browser.run(FOCUSED, css)
        if focused and not (focused["ringed"] and focused["shown"]):
            why = "it has the focus, which has no ring" if focused["shown"] else "it has the focus outside of what is seen"
            self.found.append(Violation(self._walk, "focus", focused["html"], why))
        return focused

    def reach(self, css: str) -> None:
        """Tab until this has the focus."""
        passed = []
        for _ in range(TABS_MAX):
            focused = self.look(css)
            if focused and focused["fits"]:
                return
            passed.append(focused["html"] if focused else "(nothing)")
            self.browser.press("Tab")
        raise WrongPage(f"{css} is not reached on {self.browser.url()}; passed: {passed[-12:]}")

    def enter(self, css: str) -> None:
        """Presses a button, or follows a link."""
        self.reach(css)
        self.browser.press("Enter")

    def fill(self, css: str, text: str) -> None:
        self.reach(css)
        self.browser.type(text)

    def tick(self, css: str) -> None:
        self.reach(css)
        if not self.browser.run("return document.activeElement.checked"):
            self.browser.press("Space")

    def require_all(self, page: str) -> None:
        """Each control of the page can be reached."""
        self.browser.run("document.activeElement?.blur(); document.querySelector('.skip')?.focus()")
        # What comes while somebody tabs (a fact of the event stream) was not there to be reached.
        self.browser.run(MARK_PRESENT)
        for _ in range(TABS_MAX):
            self.browser.press("Tab")
            focused = self.look("html")
            if not focused or not (left := self.browser.run(REACHABLE)):
                break
        left = self.browser.run(REACHABLE)
        if left:
            why = f"{len(left)} controls are not reached by Tab"
            self.found.append(Violation(page, "keyboard", left[0], why))


def walk_lock(browser: Browser, console: Console, demo: DemoBus) -> list[Violation]:
    """From the sign-in page to a phone that is locked."""
    keys = Keyboard(browser, "sign-in and lock")
    console.open("/sign-in")
    keys.require_all("/sign-in")
    console.open("/sign-in")
    keys.fill("#name", demo.person)
    keys.fill("#password", demo.password)
    keys.browser.press("Enter")
    browser.wait_for_path("/")
    keys.enter("nav a[href$='/devices']")
    browser.wait_for_path("/devices")
    keys.require_all("/devices")
    console.open("/devices")
    keys.reach("#platform")
    browser.type("iOS")
    wait_until("the list is of phones", lambda: "platform=iOS" in browser.url())
    browser.wait_for_path("/devices")
    keys.enter("main tbody th a[href*='/devices/']")
    browser.wait_for_path("/devices/[^/]+/[^/]+")
    keys.enter("main a[href*='action=remoteLock']")
    browser.wait_for_path("/actions/new")
    return send_lock(keys)


def send_lock(keys: Keyboard) -> list[Violation]:
    """The form of an action, and what becomes of it."""
    browser, address = keys.browser, keys.browser.url()
    keys.require_all("/actions/new")
    browser.open(address)
    form = "form[action$='/actions/send']"
    keys.fill(f"{form} [name=reason]", "left in a train")
    keys.tick(f"{form} [name=agree]")
    keys.enter(f"{form} button.primary, {form} button.danger, {form} button:not([type=button])")
    browser.wait_for_path(r"/jobs/\d+")
    done = "return document.querySelector('main').innerText.toLowerCase().includes('done')"
    wait_until("the page tells that the phone is locked", lambda: browser.run(done))
    print("  ok: signed in, found a phone, locked it, and saw it done")
    return keys.found


# Fields of the wizard in the order of the page; what is ticked, and what is typed.
TICKS = ["#f-connection_more", "input[name=f-network][value=addresses]"]
TYPED = {
    "login_url": "login",
    "graph_url": "graph",
    "tenant_id": "tenantId",
    "client_id": "clientId",
    "secret": "clientSecret",
}
CURRENT = "return document.querySelector('fieldset.current')?.dataset.page ?? null"
SHOWN = "return document.querySelector(arguments[0])?.checkVisibility() ?? false"
STATE = "return document.querySelector('[data-installation-state]')?.dataset.installationState ?? null"


def walk_installation(browser: Browser, rules: AxeRules, console: Console, bus: EmptyBus) -> list[Violation]:
    """From the catalogue to devices of the tenant, through every page of the wizard."""
    keys = Keyboard(browser, "installation")
    console.open("/")
    keys.enter("nav a[href$='/products']")
    browser.wait_for_path("/products")
    keys.enter("main a[href$='/intune-connector/install']")
    browser.wait_for_path("/products/[^/]+/install")
    pages = []
    while True:
        page = wait_until("a page of the wizard", lambda: browser.run(CURRENT))
        if page in pages:
            raise WrongPage(f"the wizard leads from {pages[-1]} back to {page}")
        pages.append(page)
        answer_page(keys, page, bus)
        keys.found += rules.judge(browser, f"wizard: {page}")
        if browser.run(SHOWN, "fieldset.current [data-submit]"):
            break
        leave_page(keys, page)
    keys.enter("fieldset.current [data-submit]")
    browser.wait_for_path("/installations/.+")
    wait_until("it is installed", lambda: browser.run(STATE) == "installed", 120)
    keys.found += rules.judge(browser, "/installations/IntuneConnector_1")
    keys.enter("nav a[href$='/devices']")
    browser.wait_for_path("/devices")
    wait_for_devices(browser)
    print(f"  ok: {len(pages)} pages of the wizard, an installation, and its devices")
    return keys.found


def answer_page(keys: Keyboard, page: str, bus: EmptyBus) -> None:
    """The connection to the tenant; everything else keeps its default."""
    if page != "intune":
        return
    for css in TICKS:
        wait_until(f"{css} is asked", lambda css=css: keys.browser.run(SHOWN, css))
        keys.tick(css)
    for name, told in TYPED.items():
        css = f"#f-{name}"
        wait_until(f"{css} is asked", lambda css=css: keys.browser.run(SHOWN, css))
        keys.fill(css, bus.tenant[told])


def leave_page(keys: Keyboard, page: str) -> None:
    """On to the next one; checks that it needs run by that."""
    keys.enter("fieldset.current [data-next]")
    try:
        wait_until(f"the wizard leaves {page}", lambda: keys.browser.run(CURRENT) != page, 90)
    except WrongPage as error:
        shown = keys.browser.run("return document.querySelector('fieldset.current').innerText")
        raise WrongPage(f"{error}; it shows: {shown[:800]}") from None


def wait_for_devices(browser: Browser) -> None:
    """The first scan runs: rows come when the page is loaded anew, as the page itself says."""

    def look() -> bool:
        if browser.run("return document.querySelectorAll('main tbody tr').length > 0"):
            return True
        browser.run("location.reload()")
        browser.wait_for_path("/devices")
        return False

    wait_until("devices of the tenant", look, 120)
