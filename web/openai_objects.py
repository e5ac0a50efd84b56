"""An answer in the shapes of OpenAI's chat completions: content with citations as links, annotations with the place
of each link, chunks of a stream. Left out: reading requests (`openai_schemas.py`), HTTP (`openai_api.py`)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

NOT_FOUND: Final = {"fr": "Non trouvé dans les articles :", "en": "Not found in the articles:"}

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(slots=True)
class Content:
    """The text of a completion as it grows. `annotations` say where its citations stand: code points, end excluded."""

    base: str
    text: str = ""
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def add_extract(self, extract: Mapping[str, Any]) -> str:
        """The words as they stand in the article, then the citation as a link. Returns what was added."""
        article, number = extract["article"], extract["number"]
        url = self.base + extract["source_page"]
        marker = f"[[{number}]]({url})"
        added = f"{self._between()}{extract['text'].strip()} {marker}"
        self.text += added
        place = {"start_index": len(self.text) - len(marker), "end_index": len(self.text)}
        self.annotations.append(
            {"type": "url_citation", "url_citation": {**place, "url": url, "title": article["title"]}}
        )
        return added

    def add_missing(self, answer: Mapping[str, Any]) -> str:
        """What was not found, whole or in part. Returns what was added, "" when everything was."""
        if answer["status"] == "no_answer":
            added = answer["reason"] or ""
        else:
            missing = [part["question"] for part in answer["parts"] if not part["extracts"]]
            said = NOT_FOUND.get(answer["language"], NOT_FOUND["en"])
            added = "".join(f"{self._between()}{said} {question}" for question in missing)
        self.text += added
        return added

    def _between(self) -> str:
        return "\n\n" if self.text else ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every chunk of one completion repeats."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def wrap(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """An object of OpenAI's with these choices."""
        return {
            "id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices, **more,
        }  # fmt: skip


def completion(
    answer: Mapping[str, Any], envelope: Envelope, base: str, prompt: int, count: CountTokens
) -> dict[str, Any]:
    """The answer whole; the answer object itself stands under `loccit`."""
    content = Content(base)
    for extract in answer["extracts"]:
        content.add_extract(extract)
    content.add_missing(answer)
    message = {"role": "assistant", "content": content.text, "refusal": None, "annotations": content.annotations}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = usage_of(prompt, content.text, count)
    return envelope.wrap("chat.completion", [choice], usage=usage, loccit=dict(answer))


def chunks(
    events: Iterator[dict[str, Any]], envelope: Envelope, base: str, usage_for: Callable[[str], dict[str, int]] | None
) -> Iterator[dict[str, Any]]:
    """The same piece by piece: an extract a chunk, then the annotations and the answer object, then the end, then
    what it took where `usage_for` tells it of the whole text."""
    content = Content(base)
    yield _chunk(envelope, {"role": "assistant", "content": ""})
    for event in events:
        if event["type"] == "extract":
            yield _chunk(envelope, {"content": content.add_extract(event["extract"])})
        elif event["type"] == "done":
            missing = content.add_missing(event["answer"])
            if missing:
                yield _chunk(envelope, {"content": missing})
            yield {**_chunk(envelope, {"annotations": content.annotations}), "loccit": event["answer"]}
            yield _chunk(envelope, {}, "stop")
    if usage_for:
        yield envelope.wrap("chat.completion.chunk", [], usage=usage_for(content.text))


def _chunk(envelope: Envelope, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return envelope.wrap("chat.completion.chunk", [choice])


def usage_of(prompt: int, text: str, count: CountTokens) -> dict[str, int]:
    """Tokens of the embedder's tokenizer: of what was sent, and of what came back."""
    completion_tokens = sum(count([text])) if text else 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt + completion_tokens,
    }
