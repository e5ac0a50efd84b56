"""The models that the settings name, each loaded at its first use, once. Left out: what they do."""

from __future__ import annotations

from threading import Lock

from index.embedder import Embedder, embedder_name, open_embedder
from rag.question_queue import QuestionQueue
from rag.reader import Reader, open_reader
from rag.reranker import Reranker, open_reranker
from rag.settings import RagSettings


class ModelsUsed:
    """Safe to share between threads."""

    def __init__(self, settings: RagSettings, embedder: Embedder | None, reader: Reader | None) -> None:
        """Loads nothing; those given are used as they are."""
        self._settings = settings
        self._queue = None if embedder is None else QuestionQueue(embedder)
        self._reader = reader
        self._reranker: Reranker | None = None
        self._loading = Lock()

    @property
    def embedder_name(self) -> str:
        """The embedder's name, without loading it."""
        return self._queue.embedder.name if self._queue else embedder_name(self._settings)

    def questions(self) -> QuestionQueue:
        """What embeds questions. Raises EmbedderError."""
        with self._loading:
            if self._queue is None:
                self._queue = QuestionQueue(open_embedder(self._settings))
            return self._queue

    def reader(self) -> Reader | None:
        """What reads passages; None if the settings have it off. Raises EmbedderError, ReaderError."""
        embedder = self.questions().embedder
        with self._loading:
            if self._reader is None and self._settings.reader != "off":
                self._reader = open_reader(self._settings, embedder)
            return self._reader

    def reranker(self) -> Reranker | None:
        """What puts passages in another order; None if the settings name none. Raises RerankerError."""
        with self._loading:
            if self._reranker is None:
                self._reranker = open_reranker(self._settings)
            return self._reranker
