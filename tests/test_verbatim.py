"""Every extract of hostile texts stands character for character in its article. Left out: ordinary
answers (`test_chatbot.py`)."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.types import Article
from tests.test_chatbot import QUESTION, Make, asked, check

PIECES = [
    "The bridge is long and old.",
    "Workers built the bridge in 1890!",
    "😀",
    "👩‍👩‍👧 family at the bridge.",
    "e\u0301tait le pont.",
    "\r\n",
    "\n\n",
    "\n",
    " ",
    "\t",
    "# Bridge",
    '<b>bridge</b> & "co" is here.',
    "الجسر طويل جدا فوق النهر.",
    "\u202eright to left bridge\u202c.",
    "桥很长，建于1890年。",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "[1]",
    "</script><script>alert(1)</script> bridge.",
    "\x85",
    "\x0b",
    "\x1f",
    "data: x",
]


HOSTILE = st.lists(
    st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    max_size=14,
)


@hypothesis_settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(HOSTILE.map("".join), HOSTILE.map(" ".join), st.sampled_from([QUESTION, "الجسر", "桥 1890", "bridge 😀"]))
def test_every_extract_of_hostile_texts_is_verbatim(make_chatbot: Make, one: str, other: str, question: str) -> None:
    articles = [
        Article("a", one[:20], one, "en"),
        Article("b/😀 é", other[:20], other + " The bridge is long.", "ar", "https://example.org/?q=<b>"),
    ]
    chatbot = make_chatbot(articles)
    answer = asked(chatbot, question, limit=10)
    check(answer, articles, 10)
    assert [found["status"] for found in chatbot.verify(json.loads(json.dumps(answer)))] == ["valid"] * len(
        answer["extracts"]
    )
