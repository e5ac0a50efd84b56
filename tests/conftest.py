"""Shared fixtures: a fast embedder made of words, real servers on loopback, and the real model
over the project's corpus. Left out: anything that mocks our own code."""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `web.cli.main` does, before torch is loaded

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Browser
from starlette.types import ASGIApp

from index.build import build
from index.embedder import open_embedder
from index.passages import cut_passages
from index.settings import IndexSettings
from index.store import Entry, IndexStore, open_writer
from index.types import Article, Filters, Found, Passage, Span, Vectors
from index.words import passage_terms
from rag.chatbot import Chatbot
from tests.browser import Visit, open_browser, visits
from web.app import create_app
from web.serving import server_config
from web.settings import Settings

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"


class WordEmbedder:
    """Vectors that count hashed words: texts are near when they share words, so relevance can be
    asserted exactly where meaning does not matter."""

    name = "words"
    dimension = 256

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 1e-3, np.float32)
        for term in passage_terms(text, "en"):
            vector[zlib.crc32(term.encode()) % self.dimension] += 1
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        rows = [self._vector(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), np.float32)

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        inner = [[text[s.start : s.end] for s in spans] for text, spans in zip(texts, sentences, strict=True)]
        return self.embed_questions(texts), [self.embed_questions(parts) for parts in inner]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


@dataclass(frozen=True, slots=True)
class Read:
    """A passage found by one search of a store, and read."""

    passage: Passage
    score: float


def nearest(store: IndexStore, vectors: Vectors, k: int, only: Filters) -> list[list[Read]]:
    """What a store finds by meaning, read."""
    return [_read(store, found) for found in store.nearest(vectors, k, only)]


def matching(store: IndexStore, words: str, language: str, k: int, only: Filters) -> list[Read]:
    """What a store finds by words, read."""
    return _read(store, store.matching(words, language, k, only))


def _read(store: IndexStore, found: Sequence[Found]) -> list[Read]:
    passages = store.passages([one.passage_id for one in found])
    assert [(one.passage_id, one.language) for one in found] == [(p.id, p.language) for p in passages]
    return [Read(passage, one.score) for passage, one in zip(passages, found, strict=True)]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LOCCIT_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with an empty store; the model is unpacked where it always is."""
    folder = tmp_path_factory.mktemp("store")
    return Settings.model_validate({"store": f"embedded:{folder}/index", "data": folder})


@pytest.fixture(scope="session")
def chatbot(settings: Settings) -> Chatbot:
    """The real model over the project's corpus."""
    embedder = open_embedder(settings)
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        summary = build([CORPUS], writer, embedder, settings)
    assert not summary.failures
    made = Chatbot(settings, embedder)
    made.warm_up()  # as the server does; a browser waits five seconds
    return made


def publish(settings: IndexSettings, articles: Sequence[Article], gone: Sequence[str] = ()) -> None:
    """A new generation, with the embedder made of words: these articles added or changed, those removed."""
    embedder = WordEmbedder()
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        for article in articles:
            passages = cut_passages(article, embedder.count_tokens, settings.passage_tokens)
            spans = [[Span(s.start - p.start, s.end - p.start) for s in p.sentences] for p in passages]
            vectors, inner = embedder.embed_passages([p.text for p in passages], spans)
            writer.replace(article, Entry(article.id, article.id, ""), passages, vectors, inner)
        writer.remove(gone)
        writer.publish()


@pytest.fixture
def make_chatbot(tmp_path: Path) -> Callable[[Sequence[Article]], Chatbot]:
    """A chatbot over these articles with the embedder made of words; it answers whatever it finds."""

    def make(articles: Sequence[Article]) -> Chatbot:
        own = Settings.model_validate(
            {"store": f"embedded:{tmp_path}/index", "data": tmp_path, "answer_threshold": 0.0, "reader": "off"}
        )
        publish(own, articles)
        return Chatbot(own, WordEmbedder())

    return make


class Server:
    """A real server on loopback, from now until `stop`."""

    def __init__(self, app: ASGIApp) -> None:
        self._server = uvicorn.Server(server_config(app))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < deadline and self._thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)


@pytest.fixture(scope="session")
def server_url(chatbot: Chatbot, settings: Settings) -> Iterator[str]:
    """A real server over the project's corpus, its first questions looked for."""
    app = create_app(chatbot, settings)
    app.state.suggestions.prepare()
    server = Server(app)
    yield server.url
    server.stop()


@pytest.fixture
def serve() -> Iterator[Callable[[Chatbot], str]]:
    """Serve a chatbot for one test; returns the base address."""
    servers: list[Server] = []

    def start(chatbot: Chatbot) -> str:
        own = chatbot.settings
        assert isinstance(own, Settings)
        servers.append(Server(create_app(chatbot, own)))
        return servers[-1].url

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def no_index_url(tmp_path: Path, serve: Callable[[Chatbot], str]) -> str:
    """A server whose store is empty."""
    own = Settings.model_validate({"store": f"embedded:{tmp_path}/nothing", "data": tmp_path, "reader": "off"})
    return serve(Chatbot(own, WordEmbedder()))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of one file."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens pages, each in a fresh profile; see `visits`."""
    with visits(browser) as opened:
        yield opened
