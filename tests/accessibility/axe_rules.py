"""Whether a page can be used by everybody, as far as a program can tell."""

import pathlib
from dataclasses import dataclass

from driver import Browser

IMPACTS = {"serious", "critical"}
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(
  (found) => done(found.violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help, nodes: nodes.map((node) => [node.target.join(" "), node.failureSummary ?? ""]),
  }))),
  (error) => done(String(error)));
"""
WIDE = "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"


@dataclass(frozen=True)
class Violation:
    """A rule, and where a page breaks it."""

    page: str
    rule: str
    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.page}\n    {self.rule}: {self.place}\n      {self.why}"


class AxeRules:
    def __init__(self, modules: pathlib.Path) -> None:
        self._script = (modules / "axe-core/axe.min.js").read_text(encoding="utf-8")

    def judge(self, browser: Browser, page: str) -> list[Violation]:
        """Of the page that is open; `page`: what it is called."""
        browser.run(self._script)
        found = browser.run_async(RUN)
        if isinstance(found, str):
            return [Violation(page, "axe", "", found)]
        violations = []
        for rule in found:
            if rule["impact"] in IMPACTS:
                named = f"{rule['id']} ({rule['impact']})"
                why = " ".join(rule["nodes"][0][1].split()) or rule["help"]
                places = [place for place, _ in rule["nodes"]]
                more = f" and {len(places) - 3} more" if len(places) > 3 else ""
                violations.append(Violation(page, named, "; ".join(places[:3]) + more, why))
        return violations + judge_width(browser, page) + judge_complaints(browser, page)


def judge_width(browser: Browser, page: str) -> list[Violation]:
    """A page is read from top to bottom: what is wide scrolls within itself."""
    wide, window = browser.run(WIDE)
    return [Violation(page, "wide", "html", f"{wide} px in a window of {window} px")] if wide > window else []


def judge_complaints(browser: Browser, page: str) -> list[Violation]:
    # The answer of a page that says what failed has the status of the failure.
    told = [text for text in browser.complaints() if "Failed to load resource" not in text or "/assets/" in text]
    return [Violation(page, "browser", "console", text[:300]) for text in told]
