"""How things look on a terminal. Text of articles is hostile: control characters, which could move
the cursor or change colours, are taken out before it is shown. Left out: JSON (`cli.py`)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from rag.types import Answer, Citation

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_WORDS = {
    "fr": {"high": "confiance élevée", "medium": "confiance moyenne", "low": "confiance faible",
           "short": "En bref :", "understood": "Compris ainsi :", "also_in": "Aussi dans :",
           "conflicts": "Dit autre chose :", "missing": "Les articles ne répondent pas à :",
           "nearest": "Passages les plus proches (ce ne sont pas des réponses) :"},
    "en": {"high": "high confidence", "medium": "medium confidence", "low": "low confidence",
           "short": "In short:", "understood": "Understood as:", "also_in": "Also in:",
           "conflicts": "Says otherwise:", "missing": "The articles do not answer:",
           "nearest": "Closest passages (not answers):"},
}  # fmt: skip


def _out() -> Console:
    return Console(highlight=False)


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def print_line(text: str) -> None:
    """One plain line, never wrapped."""
    _out().print(Text(_clean(text)), soft_wrap=True)


def print_error(text: str) -> None:
    """One line on standard error."""
    Console(stderr=True, highlight=False).print(Text(_clean(text), style="red"), soft_wrap=True)


def print_note(text: str) -> None:
    """One line on standard error that is no error."""
    Console(stderr=True, highlight=False).print(Text(_clean(text)), soft_wrap=True)


def confirmed(text: str) -> bool:
    """Whether the person at the terminal says yes; False where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return Confirm.ask(Text(_clean(f"{text} Go on?")), console=Console(stderr=True), default=False)


def print_answer(answer: Answer) -> None:
    """Extracts with numbered sources, or why there are none and what came closest."""
    out, words = _out(), _WORDS["fr" if answer.language == "fr" else "en"]
    if answer.standalone_question != answer.question:
        out.print(Text(_clean(f"{words['understood']} {answer.standalone_question}"), style="dim"))
    if not answer.extracts:
        out.print(Text(_clean(answer.reason or ""), style="yellow"))
        if answer.nearest:
            out.print(Text("\n" + words["nearest"], style="dim"))
        for near in answer.nearest:
            shown = " ".join(near.citation.quote.split())
            out.print(Padding(Text(_clean(shown[:200] + ("…" if len(shown) > 200 else "")), style="dim"), (0, 2)))
            out.print(Padding(_source(near.citation), (0, 4)))
        return
    asked = {part.extracts[0]: part.question for part in reversed(answer.parts) if part.extracts}
    for extract in answer.extracts:
        if len(answer.parts) > 1 and extract.number in asked:
            out.print(Text(_clean(asked[extract.number]), style="dim"))
        out.print(Text(f"[{extract.number}] ", style="bold cyan").append(_clean(extract.text), style="bold"))
        if extract.short_text is not None:
            out.print(Padding(Text(f"{words['short']} {_clean(extract.short_text)}", style="cyan"), (0, 4)))
        out.print(Padding(_source(extract.citation), (0, 4)))
        if extract.also_in:
            others = " · ".join(citation.title for citation in extract.also_in)
            out.print(Padding(Text(_clean(f"{words['also_in']} {others}"), style="dim"), (0, 4)))
        if extract.conflicts_with:
            numbers = " ".join(f"[{number}]" for number in extract.conflicts_with)
            out.print(Padding(Text(f"{words['conflicts']} {numbers}", style="yellow"), (0, 4)))
    for part in answer.parts:
        if not part.extracts:
            out.print(Text(_clean(f"{words['missing']} {part.question}"), style="yellow"))
    out.print(Text(f"\n{words[answer.confidence]} ({answer.score:.0%})", style="dim"))


def _source(citation: Citation) -> Text:
    parts = [
        citation.title,
        citation.source,
        citation.published,
        None if citation.page is None else f"p. {citation.page}",
        citation.language,
        citation.url or citation.article_id,
    ]
    place = f"{citation.start}–{citation.end}"
    return Text(_clean(" · ".join([part for part in parts if part] + [place])), style="dim")


def print_hits(hits: Sequence[Mapping[str, Any]]) -> None:
    """Ranked passages with their three scores."""
    table = Table("score", "meaning", "words", "article", "passage", box=None, pad_edge=False)
    for hit in hits:
        text = " ".join(hit["passage"]["text"].split())
        scores = (f"{hit[name]:.3f}" for name in ("score", "meaning", "words"))
        table.add_row(*scores, Text(_clean(hit["article"]["title"][:40])), Text(_clean(text[:160])))
    _out().print(table if hits else "Nothing found.")


def print_feedback(rows: Sequence[Mapping[str, Any]]) -> None:
    """One verdict a line: when, what, on which extract of which question, in whose words."""
    for row in rows:
        place = f" [{row['extract']}]" if row["extract"] is not None else ""
        comment = f" — {' '.join(row['comment'].split())}" if row["comment"] else ""
        print_line(f"{row['at']} {row['verdict']}{place}: {' '.join(row['question'].split())}{comment}")
    if not rows:
        print_line("Nobody has given feedback yet.")


def print_keys(rows: Sequence[Mapping[str, Any]]) -> None:
    """One key a line: id, scope, name, when made, last used, revoked."""
    names = ("id", "scope", "created", "last_used", "revoked", "name")
    shown = [{name: name.replace("_", " ") for name in names}, *rows]
    widths = {name: max(len(str(row[name] or "-")) for row in shown) for name in names}
    for row in shown if rows else ():
        print_line("  ".join(f"{row[name] or '-':{widths[name]}}" for name in names).rstrip())
    if not rows:
        print_line("There is no key.")


def print_verification(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line an extract."""
    for row in rows:
        moved = f" to {row['start']}–{row['end']}" if row["status"] == "moved" else ""
        print_line(f"[{row['number']}] {row['status']}{moved}")
    if not rows:
        print_line("The answer has no extracts; there is nothing to verify.")


def print_table(values: Mapping[str, Any]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else value
        print_line(f"{name:{width}}  {'-' if shown is None else shown}")


class _Rate(ProgressColumn):
    """How many are done a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while the block runs, if that is a terminal; yields a function that
    takes how many are done and how many there are."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def read_question() -> str:
    """The next line on standard input without spaces around it; empty when there are no more."""
    try:
        return input("\n> " if sys.stdin.isatty() else "").strip()
    except EOFError:
        return ""
    except UnicodeDecodeError:
        print_error("That line is not UTF-8 text; it was not asked.")
        return read_question()
