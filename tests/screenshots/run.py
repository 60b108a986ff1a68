#!/usr/bin/env -S python3 -B
"""Pictures of every page of the console: light, dark, and as a phone shows it. `make screenshots` calls this.

Usage: run.py PROGRAM FOLDER [DOCUMENTS]

They go into FOLDER as NAME-light.png, NAME-dark.png and NAME-phone.png; with DOCUMENTS the four of the documents go there
besides.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "accessibility"))

from buses import DemoBus, EmptyBus
from driver import Browser
from page_list import SEEDS, Crawler, name_page
from sign_in import Console

DEVICES = 2_000
# Theme, width, and what of a long page is shown.
KINDS = {"light": ("light", 1280, 3_000), "dark": ("dark", 1280, 3_000), "phone": ("light", 360, 3_000)}
# Name in the documents, path, and height: about what a window shows. The fourth job of the demonstration is the wipe that
# waits for a second person.
CHOSEN = {
    "dashboard": ("/", 1_000),
    "devices": ("/devices?platform=Windows", 900),
    "wizard": ("/products/intune-connector/install", 900),
    "job": ("/jobs/4", 1_000),
}
OPEN_PAGES = {"sign-in": "/sign-in", "link": "/link"}


def take(browser: Browser, console: Console, pages: dict[str, str], folder: pathlib.Path) -> None:
    """`pages`: paths by name."""
    for kind, (theme, width, height) in KINDS.items():
        console.set_theme(theme)
        browser.set_size(width)
        for name, path in pages.items():
            console.open(path)
            (folder / f"{name}-{kind}.png").write_bytes(browser.picture(height))
    print(f"{len(pages) * len(KINDS)} pictures of {len(pages)} pages", flush=True)


def take_chosen(browser: Browser, console: Console, folder: pathlib.Path) -> None:
    """In the light theme."""
    console.set_theme("light")
    browser.set_size(KINDS["light"][1])
    for name, (path, height) in CHOSEN.items():
        console.open(path)
        (folder / f"{name}.png").write_bytes(browser.picture(height))
        print(folder / f"{name}.png")


def take_setup(browser: Browser, program: str, folder: pathlib.Path) -> None:
    """The page of a bus that has nobody yet."""
    bus = EmptyBus(program, 1)
    try:
        browser.open(bus.setup_link)
        take(browser, Console.of_open_page(browser), {"setup": "/setup"}, folder)
    finally:
        bus.stop()


def name_all(pages: list[str]) -> dict[str, str]:
    """A name for each, also where two would have the same."""
    named: dict[str, str] = {}
    for page in pages:
        name, number = name_page(page), 2
        while name in named:
            name = f"{name_page(page)}-{number}"
            number += 1
        named[name] = page
    return named


def main() -> None:
    program, *places = sys.argv[1:]
    folder, *documents = (pathlib.Path(place) for place in places)
    for place in [folder, *documents]:
        place.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    browser = Browser()
    try:
        demo = DemoBus(program, DEVICES)
        try:
            console = Console(browser, demo.sign_in_link())
            crawler = Crawler(console.base, browser.cookies())
            crawler.crawl(SEEDS + demo.pages)
            take(browser, console, name_all(crawler.pages), folder)
            for place in documents:
                take_chosen(browser, console, place)
            console.forget_session()
            take(browser, console, OPEN_PAGES, folder)
        finally:
            demo.stop()
        take_setup(browser, program, folder)
    finally:
        browser.close()
    print(f"they are in {folder}")


if __name__ == "__main__":
    main()
