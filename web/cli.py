"""The command line `loccit`. Left out: how answers look on a terminal (`terminal.py`), and
everything that is not a command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from index.errors import IndexFault, InvalidFilter, SettingsError, StoreError
from index.types import Filters
from rag.errors import InvalidFolder, InvalidQuestion, RagFault
from web import terminal
from web.keys import KeyStore
from web.settings import Settings, load_settings

app = typer.Typer(
    help="Answers from your articles: verbatim extracts, with citations anyone can check.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip

keys_app = typer.Typer(help="Keys for programs: create, list, revoke.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(keys_app, name="keys")

Store = Annotated[str | None, typer.Option(help="Address of the store, e.g. embedded:/path.", show_default=False)]
Json = Annotated[bool | None, typer.Option("--json", help="Print JSON.", show_default=False)]
Limit = Annotated[int | None, typer.Option(help="How many at most.", show_default=False)]
Language = Annotated[str | None, typer.Option(help="Only articles in this language (fr, en, …).", show_default=False)]
Since = Annotated[str | None, typer.Option(help="Only articles dated on or after (YYYY-MM-DD).", show_default=False)]
Until = Annotated[str | None, typer.Option(help="Only articles dated on or before.", show_default=False)]
Source = Annotated[str | None, typer.Option(help="Only articles of this source.", show_default=False)]
Tag = Annotated[str | None, typer.Option(help="Only articles with this tag.", show_default=False)]


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turns what we raise on purpose into a sentence on stderr: exit 2 for what was asked wrongly,
    1 for what failed."""
    try:
        yield
    except (IndexFault, RagFault) as error:
        terminal.print_error(str(error))
        wrong_input = isinstance(error, InvalidQuestion | InvalidFilter | SettingsError | InvalidFolder)
        raise typer.Exit(2 if wrong_input else 1) from error
    except KeyboardInterrupt as error:
        terminal.print_error(
            "Stopped. What was published stays as it is; an indexing run goes on from here when it is called again."
        )
        raise typer.Exit(130) from error


def _filters(settings: Settings) -> Filters:
    return Filters(settings.since, settings.until, settings.source, settings.tag, settings.language)


@app.command()
def index(
    sources: Annotated[
        list[str],
        typer.Argument(help="Files, folders, addresses of feeds, sitemaps or pages.", metavar="PATH…"),
    ],
    store: Store = None,
    dry_run: Annotated[bool | None, typer.Option("--dry-run", help="Print the plan, change nothing.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes", help="Remove what is gone without asking.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and run again whenever something changes.")] = False,
) -> None:
    """Bring the index in step with PATH: add, update, remove what is gone, skip what is unchanged."""
    with _clear_errors():
        settings = load_settings({"store": store, "dry_run": dry_run, "yes": yes})
        from web.indexing import run_index  # the index package's machinery is not needed to ask
        from web.watching import run_watching

        if watch:
            return run_watching(sources, settings)
        raise typer.Exit(run_index(sources, settings))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    store: Store = None,
    as_json: Json = None,
    limit: Limit = None,
    language: Language = None,
    since: Since = None,
    until: Until = None,
    source: Source = None,
    tag: Tag = None,
) -> None:
    """Answer one question with extracts and their sources."""
    with _clear_errors():
        settings = load_settings(
            {"store": store, "json": as_json, "limit": limit, "language": language,
             "since": since, "until": until, "source": source, "tag": tag}
        )  # fmt: skip
        from rag.answer_object import answer_object
        from rag.chatbot import Chatbot

        answer = Chatbot(settings).ask(question, filters=_filters(settings))
        if settings.json_output:
            _print_json(answer_object(answer))
        else:
            terminal.print_answer(answer)


@app.command()
def chat(
    store: Store = None,
    limit: Limit = None,
    language: Language = None,
    since: Since = None,
    until: Until = None,
    source: Source = None,
    tag: Tag = None,
) -> None:
    """The same in a loop, with follow-ups. An empty line, or Ctrl-D, ends it."""
    with _clear_errors():
        settings = load_settings(
            {"store": store, "limit": limit, "language": language,
             "since": since, "until": until, "source": source, "tag": tag}
        )  # fmt: skip
        from rag.chatbot import Chatbot
        from rag.types import Turn

        chatbot, history = Chatbot(settings), list[Turn]()
        chatbot.index()  # that there is none is told before anything is asked
        while question := terminal.read_question():
            try:
                answer = chatbot.ask(question, history=history, filters=_filters(settings))
            except InvalidQuestion as error:
                terminal.print_error(str(error))
                continue
            terminal.print_answer(answer)
            history.append(Turn(question, answer.id))


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="Words or a question.")],
    store: Store = None,
    as_json: Json = None,
    limit: Limit = None,
) -> None:
    """Ranked passages without composing; shows fused, meaning and word scores apart."""
    with _clear_errors():
        settings = load_settings({"store": store, "json": as_json})
        from rag.answer_object import hit_object
        from rag.chatbot import Chatbot

        if limit is not None and not 1 <= limit <= 100:
            raise InvalidQuestion(f"limit is {limit}; it must lie between 1 and 100.", "limit")
        chatbot = Chatbot(settings)
        hits, store_found = chatbot.search(words, filters=_filters(settings), limit=limit or 10)
        found = [hit_object(hit, store_found.article(hit.passage.article_id)) for hit in hits]
        if settings.json_output:
            _print_json({"object": "list", "generation": store_found.info.generation, "results": found})
        else:
            terminal.print_hits(found)


@app.command()
def serve(
    store: Store = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.", show_default=False)] = None,
) -> None:
    """Serve the chat page and all endpoints."""
    with _clear_errors():
        settings = load_settings({"store": store, "host": host, "port": port})
        from web.serving import run_server

        run_server(settings)


@app.command()
def mcp(store: Store = None) -> None:
    """Serve the Model Context Protocol on standard input and output, for a program that starts this command."""
    with _clear_errors():
        settings = load_settings({"store": store})
        from web.mcp_transports import run_stdio

        run_stdio(settings)


@app.command("eval")
def evaluate_folder(
    folder: Annotated[Path, typer.Argument(help="Holds corpus.jsonl (or articles) and questions.jsonl.")],
    as_json: Json = None,
    questions: Annotated[str, typer.Option(help="Another file of questions in FOLDER.")] = "questions.jsonl",
    plot: Annotated[
        Path | None, typer.Option(help="Draw the risk–coverage curve to this file.", show_default=False)
    ] = None,
) -> None:
    """Index FOLDER into a temporary place, ask every question, print the metrics."""
    with _clear_errors():
        settings = load_settings({"json": as_json})
        from index.embedder import open_embedder
        from rag.evaluate import evaluate, read_questions
        from rag.risk_coverage import check_plot

        # Before the model is loaded: what is wrong is told at once.
        read_questions(folder, questions)
        if plot is not None:
            check_plot(plot)
        with terminal.progress("Asking") as advance:
            metrics = evaluate(folder, settings, open_embedder(settings), advance, questions, plot)
        if settings.json_output:
            _print_json(metrics)
        else:
            terminal.print_table(metrics)


@app.command()
def verify(
    file: Annotated[str, typer.Argument(help="A file with an answer object, or - for standard input.")],
    store: Store = None,
    as_json: Json = None,
) -> None:
    """Say for each extract of an answer whether it is valid, moved, changed or deleted."""
    with _clear_errors():
        settings = load_settings({"store": store, "json": as_json})
        from rag.chatbot import Chatbot

        found = Chatbot(settings).verify(_read_answer(file))
        if settings.json_output:
            _print_json({"object": "verification", "extracts": found})
        else:
            terminal.print_verification(found)
        raise typer.Exit(0 if all(row["status"] == "valid" for row in found) else 1)


@app.command()
def stats(
    store: Store = None,
    as_json: Json = None,
    failed: Annotated[bool, typer.Option("--failed", help="What could not be read, and why.")] = False,
) -> None:
    """What the index holds."""
    with _clear_errors():
        settings = load_settings({"store": store, "json": as_json})
        from index.failures import FailureList
        from web.indexing import index_stats

        found = FailureList(settings).reasons() if failed else index_stats(settings)
        if settings.json_output:
            _print_json(found)
        else:
            if failed:
                for reason in found.values():
                    terminal.print_line(reason)
            else:
                terminal.print_table(found)
            if failed and not found:
                terminal.print_line("Everything could be read.")


@app.command()
def rollback(
    generation: Annotated[
        str | None, typer.Argument(help="The one to publish again, or how its name begins; none: list them.")
    ] = None,
    store: Store = None,
) -> None:
    """Go back to an earlier generation of the index."""
    with _clear_errors():
        settings = load_settings({"store": store})
        from index.store import generations, roll_back

        if generation is not None:
            roll_back(settings, _whole_name(generation, [kept.name for kept in generations(settings)]))
            terminal.print_line("Published. It lasts until the next run that finds changes.")
        for kept in generations(settings):
            terminal.print_line(f"{kept.name}  {kept.published}{'  current' if kept.current else ''}")


@app.command()
def feedback(as_json: Json = None) -> None:
    """What people said of answers, oldest first."""
    with _clear_errors():
        settings = load_settings({"json": as_json})
        from web.feedback import FeedbackStore

        rows = FeedbackStore(settings.data).rows()
        if settings.json_output:
            _print_json({"object": "list", "feedback": rows})
        else:
            terminal.print_feedback(rows)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What you will know it by.")],
    scope: Annotated[str, typer.Option(help="ask, write (and ask), or admin (all).")] = "ask",
) -> None:
    """Make a key. It is shown once, and kept as a hash."""
    with _clear_errors():
        key, secret = _keys().create(name, scope)
        terminal.print_line(f"{secret}")
        terminal.print_error(f"Key {key.id} ({key.scope}) for {key.name}. It is not shown again.")


@keys_app.command("list")
def list_keys(as_json: Json = None) -> None:
    """All keys, without their secrets."""
    with _clear_errors():
        found = [asdict(key) for key in _keys().listed()]
        if load_settings({"json": as_json}).json_output:
            _print_json({"object": "list", "keys": found})
        else:
            terminal.print_keys(found)


@keys_app.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="Its id, see `loccit keys list`.", metavar="ID")]) -> None:
    """Refuse a key from now on."""
    with _clear_errors():
        _keys().revoke(key_id)
        terminal.print_line(f"Key {key_id} is revoked.")


def _keys() -> KeyStore:
    return KeyStore(load_settings({}).data)


def _whole_name(beginning: str, names: Sequence[str]) -> str:
    """The one generation whose name begins so; what begins none is left for the store to refuse. Raises StoreError if
    several do."""
    found = [name for name in names if beginning and name.startswith(beginning)]
    if len(found) > 1 and beginning not in found:
        raise StoreError(f"Several generations begin with '{beginning}': {', '.join(found)}. Write more of the name.")
    return found[0] if len(found) == 1 else beginning


def _read_answer(file: str) -> Mapping[str, Any]:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        answer = json.loads(raw)
    except OSError as error:
        raise InvalidFolder(
            f"{file} could not be read ({error.strerror}). Give a file with an answer object."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidFolder(f"{file} is not JSON. Give an answer object as `loccit ask --json` prints it.") from error
    if not isinstance(answer, dict):
        raise InvalidFolder(f"{file} holds no answer object. Give one as `loccit ask --json` prints it.")
    return answer


def _print_json(value: Any) -> None:
    # Straight to the stream: a terminal library would wrap long lines and colour them. On a terminal
    # everything but ASCII is escaped: articles could hold characters that command it.
    sys.stdout.write(json.dumps(value, ensure_ascii=sys.stdout.isatty(), indent=2) + "\n")


def main() -> None:
    """Entry point of the command `loccit`."""
    # Threads of the model's linear algebra sleep while they wait instead of spinning: on two busy
    # cores a question is embedded in 72 ms instead of 600. To be set before the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    app()
