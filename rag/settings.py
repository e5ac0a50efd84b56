"""Settings of questions and answers. Left out: those of the index, which this extends, and of
the server, which extend this."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from index.settings import IndexSettings


class RagSettings(IndexSettings):
    """What asking needs, beyond what the index needs. Unknown keys are refused."""

    limit: int = Field(3, ge=1, le=10, description="Extracts in an answer, at most.")
    candidates: int = Field(
        100, ge=10, le=1000, description="Passages fetched by words, and for each of up to three languages by meaning."
    )
    meaning_weight: float = Field(0.7, ge=0, le=1, description="Share of meaning in the fused score.")
    reader: Literal["default", "off"] = Field(
        "default", description="`default` reads the best passages for the answer; `off` goes by retrieval alone."
    )
    passages_read: int = Field(6, ge=1, le=20, description="Passages the reader reads for a question.")
    reranker: str | None = Field(
        None,
        description="A cross-encoder of sentence-transformers, by hub name or folder, that puts passages in order.",
    )
    passages_reranked: int = Field(20, ge=1, le=100, description="Passages the reranker puts in order.")
    answer_threshold: float = Field(0.12, ge=0, le=1, description="An answer scored below this is given as not found.")
    cached_answers: int = Field(256, ge=0, le=100_000, description="Answers kept to be given again; 0 for none.")
    max_question_chars: int = Field(2000, ge=10, description="A longer question is refused.")
