"""What a site lets programs load: its robots.txt, asked for once in a run. Left out: loading it (`loader.py`).

Source: RFC 9309, Robots Exclusion Protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from protego import Protego

from index.fetching.addresses import origin_of

AGENT: Final = "Loccit"
MOST_BYTES: Final = 500 * 1024
"""As RFC 9309 asks for; what stands behind is not read."""

MOST_DELAY: Final = 30.0
"""Seconds: a site that asks for longer pauses gets these."""

Read = Callable[[str], tuple[int, str]]
"""Status and text of an address, or 0 and the reason why there is none."""


class Robots:
    """The rules of every host that was asked, for the time of a run."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._rules: dict[str, Protego | str] = {}

    def refusal(self, url: str) -> str | None:
        """Why the page may not be loaded; None if it may."""
        rules = self._of(url)
        if isinstance(rules, str):
            return rules
        return None if rules.can_fetch(url, AGENT) else "the site's robots.txt does not let programs load it"

    def delay(self, url: str) -> float:
        """Seconds that the host of a page asks to wait between two requests; 0 if it has not been asked."""
        rules = self._rules.get(origin_of(url))
        delay = rules.crawl_delay(AGENT) if isinstance(rules, Protego) else None
        return min(max(delay or 0.0, 0.0), MOST_DELAY)

    def _of(self, url: str) -> Protego | str:
        origin = origin_of(url)
        if origin not in self._rules:
            self._rules[origin] = _rules(*self._read(f"{origin}/robots.txt"))
        return self._rules[origin]


def _rules(status: int, text: str) -> Protego | str:
    """Missing rules allow everything; rules that cannot be had now allow nothing now."""
    if status == 200:
        return Protego.parse(text)
    if 400 <= status < 500 and status != 429:
        return Protego.parse("")
    return f"the site's robots.txt could not be loaded ({text or f'status {status}'}), so its pages are not loaded now"
