"""A cross-encoder named in the settings. Left out: how well any of them does."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.build import in_context
from index.types import Hit, Scores
from rag.chatbot import Chatbot
from rag.errors import RerankerError
from rag.reranker import open_reranker, reranked
from rag.settings import RagSettings
from tests.conftest import WordEmbedder


def make_model(folder: Path, labels: int) -> Path:
    """A cross-encoder of one random layer over a vocabulary of a few words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    fast: Any = PreTrainedTokenizerFast
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "bridge", "who", "what", "a", "la", "le"]
    inner = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    fast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=512,
    ).save_pretrained(str(folder))  # fmt: skip
    configured: Any = BertConfig
    config = configured(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        num_labels=labels,
    )  # fmt: skip
    import_module("torch").manual_seed(1)
    BertForSequenceClassification(config).save_pretrained(str(folder))
    return folder


def with_reranker(name: str | Path) -> RagSettings:
    return RagSettings.model_validate({"reranker": str(name)})


def test_a_real_cross_encoder_orders_the_passages(tmp_path: Path, chatbot: Chatbot) -> None:
    model = make_model(tmp_path / "model", 1)
    settings = chatbot.settings.model_copy(update={"reranker": str(model), "cached_answers": 0})
    own = Chatbot(settings, chatbot.embedder())
    asked = "Who built the bridge?"
    hits, store = own.search(asked, limit=5)
    plain = import_module("sentence_transformers").CrossEncoder(str(model), device="cpu")
    found = chatbot.search(asked, limit=settings.passages_reranked)[0]
    titles = {hit.passage.article_id: store.article(hit.passage.article_id).title for hit in found}
    texts = [in_context(hit.passage, titles[hit.passage.article_id])[0] for hit in found]
    scores = plain.predict([(asked, text) for text in texts])
    scores = (scores - scores.mean()) / scores.std()
    score_of = dict(zip((hit.passage.id for hit in found), scores.tolist(), strict=True))
    np.testing.assert_allclose([hit.score for hit in hits], sorted(scores.tolist())[:-6:-1], rtol=1e-3)
    np.testing.assert_allclose([hit.score for hit in hits], [score_of[hit.passage.id] for hit in hits], rtol=1e-3)
    answer = own.ask(asked)
    assert answer.timings_ms["rerank"] > 0


def test_equal_scores_are_ordered_by_passage_and_nothing_else_changes(chatbot: Chatbot) -> None:
    class Same:
        def score(self, question: str, texts: Sequence[str]) -> Scores:
            return np.zeros(len(texts), np.float32)

    hits, _ = chatbot.search("bridge", limit=6)
    made = reranked("bridge", hits, lambda article_id: article_id, Same())
    assert [hit.passage.id for hit in made] == sorted(hit.passage.id for hit in hits)
    parts = {hit.passage.id: (hit.meaning, hit.words) for hit in hits}
    assert all(parts[hit.passage.id] == (hit.meaning, hit.words) and hit.score == 0 for hit in made)
    assert reranked("bridge", list[Hit](), lambda article_id: article_id, Same()) == []


def test_none_is_named_by_default() -> None:
    assert open_reranker(RagSettings.model_validate({})) is None


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RerankerError, match="Check the setting 'reranker'"):
        open_reranker(with_reranker(tmp_path / "empty"))
    with pytest.raises(RerankerError, match="gives 3 scores"):
        open_reranker(with_reranker(make_model(tmp_path / "three", 3)))


def test_a_question_says_so_too(tmp_path: Path, chatbot: Chatbot) -> None:
    (tmp_path / "empty").mkdir()
    own = Chatbot(chatbot.settings.model_copy(update={"reranker": str(tmp_path / "empty")}), WordEmbedder())
    with pytest.raises(RerankerError):
        own.warm_up()
