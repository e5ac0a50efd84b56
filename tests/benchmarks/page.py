"""What the chat page costs in Chromium: first paint, weight, time to the first extract, and what moves meanwhile.
Left out: what is asserted (`tests/test_page_weight.py`), the speed of answers (`speed.py`).

    python -m tests.benchmarks.page http://127.0.0.1:8000 [--times 20]

The server must run already, over corpus/ (`make run`). Each time is a browser context of its own, so that nothing is
cached; what is printed is the median, and the largest move.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Browser, Response

from tests.browser import open_browser

QUESTIONS: Final = (
    "When did the Panama Canal open?",
    "Qui a inventé le World Wide Web ?",
    "When was the Magna Carta sealed?",
    "Quand Marie Curie est-elle née ?",
)
# Times are taken inside the page: asking begins when the turn appears, and ends with its first extract.
WATCH: Final = """() => {
    window.moved = 0;
    new PerformanceObserver(list => {
        for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.moved += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
    new MutationObserver(() => {
        if (document.querySelector("#thread .turn")) window.asked ??= performance.now();
        if (document.querySelector("#thread .quotation")) window.quoted ??= performance.now();
    }).observe(document.getElementById("thread"), { subtree: true, childList: true });
}"""
PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor saw: milliseconds, bytes of bodies as sent, and the sum of layout shifts."""

    first_paint: float
    weight: int
    requests: int
    first_extract: float
    moved: float


def visit(browser: Browser, url: str, question: str) -> Visit:
    """One visitor asks one question."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(url, wait_until="networkidle")
    weight = sum(int(response.headers["content-length"]) for response in responses)
    requests, first_paint = len(responses), page.evaluate(PAINT)
    page.evaluate(WATCH)
    page.locator("#question").press_sequentially(question)
    page.locator("#question").press("Enter")
    page.locator("#thread .turn[aria-busy=false]").wait_for()
    first_extract, moved = page.evaluate("[window.quoted - window.asked, window.moved]")
    context.close()
    return Visit(first_paint, weight, requests, first_extract, moved)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with open_browser() as browser:
        visit(browser, given.url, QUESTIONS[0])  # the browser's own first time is not the page's
        seen = [visit(browser, given.url, QUESTIONS[n % len(QUESTIONS)]) for n in range(given.times)]
    paints = [one.first_paint for one in seen]
    print(f"first contentful paint: median {statistics.median(paints):.0f} ms, slowest {max(paints):.0f} ms")
    print(f"weight before the first answer: {seen[0].weight} bytes in {seen[0].requests} requests")
    print(f"time to the first extract: median {statistics.median(one.first_extract for one in seen):.0f} ms")
    print(f"layout shift: at most {max(one.moved for one in seen):.4f}")


if __name__ == "__main__":
    main()
