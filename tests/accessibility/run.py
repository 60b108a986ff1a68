"""Every page of the console in both themes, on a desk and on a phone, by the rules of axe-core; and by keyboard alone, a
sign-in, a lock and an installation.

Usage: run.py PROGRAM NODE_MODULES
"""

import pathlib
import sys

import keyboard
from axe_rules import AxeRules, Violation
from buses import DemoBus, EmptyBus
from driver import Browser, WrongPage
from page_list import SEEDS, Crawler
from sign_in import Console, set_up

DEVICES = 400
WIDTHS = {"desk": 1280, "phone": 360}
THEMES = ["light", "dark"]
# Before somebody is signed in.
OPEN_PAGES = ["/sign-in", "/sign-in?expired=1&next=%2Fdevices", "/link"]
# Of a bus without anybody, and those above.
JUDGED_ELSEWHERE = {"/sign-in", "/sign-out", "/link", "/setup"}


def judge_pages(browser: Browser, rules: AxeRules, console: Console, pages: list[str], title: str) -> set[Violation]:
    found: set[Violation] = set()
    for theme in THEMES:
        console.set_theme(theme)
        for size, width in WIDTHS.items():
            browser.set_size(width)
            before = len(found)
            for page in pages:
                console.open(page)
                found |= set(rules.judge(browser, f"{page} ({title}, {theme}, {size})"))
            print(f"  {title}, {theme}, {size}: {len(pages)} pages, {len(found) - before} violations", flush=True)
    browser.set_size(WIDTHS["desk"])
    return found


def judge_demo(browser: Browser, rules: AxeRules, demo: DemoBus) -> tuple[Console, set[Violation], list[str]]:
    """The console that nobody is signed in to any more, violations, and routes that were not looked at."""
    console = Console(browser, demo.sign_in_link())
    crawler = Crawler(console.base, browser.cookies())
    crawler.crawl(SEEDS + demo.pages)
    print(f"a bus that lives: {len(crawler.pages)} pages of {len(crawler.routes)} routes")
    found = judge_pages(browser, rules, console, crawler.pages, "a bus that lives")
    console.forget_session()
    found |= judge_pages(browser, rules, console, OPEN_PAGES, "nobody signed in")
    return console, found, crawler.missing(JUDGED_ELSEWHERE)


def judge_empty(browser: Browser, rules: AxeRules, bus: EmptyBus) -> tuple[Console, set[Violation]]:
    """The console of its first person, and violations."""
    browser.open(bus.setup_link)
    found = set(rules.judge(browser, "/setup"))
    console = set_up(browser, bus)
    crawler = Crawler(console.base, browser.cookies(), variants_max=1)
    crawler.crawl(["/"])
    return console, found | judge_pages(browser, rules, console, crawler.pages, "an empty bus")


def walk(what: str, steps, *arguments) -> list[Violation]:
    """By keyboard alone; what stops it is a violation."""
    print(f"by keyboard alone: {what}", flush=True)
    try:
        return steps(*arguments)
    except WrongPage as error:
        return [Violation(what, "keyboard", "", str(error))]


def main() -> int:
    program, modules = sys.argv[1:]
    rules = AxeRules(pathlib.Path(modules))
    browser = Browser()
    try:
        demo = DemoBus(program, DEVICES)
        try:
            console, found, missing = judge_demo(browser, rules, demo)
            found |= set(walk("sign-in and lock", keyboard.walk_lock, browser, console, demo))
        finally:
            demo.stop()
        bus = EmptyBus(program, DEVICES)
        try:
            console, violations = judge_empty(browser, rules, bus)
            found |= violations
            found |= set(walk("installation", keyboard.walk_installation, browser, rules, console, bus))
        finally:
            bus.stop()
    finally:
        browser.close()
    for violation in sorted(found, key=str):
        print(violation)
    for route in missing:
        print(f"not looked at: {route}; give it an address in SEEDS of page_list.py")
    print(f"make accessibility: {'failed' if found or missing else 'passed'}")
    return 1 if found or missing else 0


if __name__ == "__main__":
    sys.exit(main())
