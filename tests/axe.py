"""What axe-core finds on a page. Left out: the pages (`test_accessibility.py`)."""

from __future__ import annotations

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE: Final = Axe()
RULES: Final = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}


def findings(page: Page) -> list[str]:
    """What axe-core finds, a line for each element."""
    found: dict[str, Any] = AXE.run(page, options=RULES).response
    return [
        f"{rule['id']} at {node['target']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
