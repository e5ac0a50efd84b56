"""What a description cannot say of two fields together, for schemathesis (`api.py`): such requests are valid by the
description, and refused. Left out: whatever a description can say."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def filter_query(context: schemathesis.HookContext, query: Any) -> bool:
    """A period ends after it begins."""
    return _in_order(query)


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """The same in a body; and the last message of the role `user` asks something."""
    if not isinstance(body, dict):
        return True
    options = body.get("loccit")
    filters = [body.get("filters"), options.get("filters") if isinstance(options, dict) else None]
    return all(_in_order(one) for one in filters) and _asks(body.get("messages"))


def _in_order(filters: Any) -> bool:
    since, until = (filters.get("since"), filters.get("until")) if isinstance(filters, dict) else (None, None)
    return not (isinstance(since, str) and isinstance(until, str)) or since <= until


def _asks(messages: Any) -> bool:
    """Whether there is nothing to ask, or a letter or digit in what is asked."""
    if not isinstance(messages, list) or not messages:
        return True
    asked = [one.get("content") for one in messages if isinstance(one, dict) and one.get("role") == "user"]
    content = asked[-1] if asked else ""
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return any(character.isalnum() for text in texts if isinstance(text, str) for character in text)
