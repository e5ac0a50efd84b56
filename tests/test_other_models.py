"""Models by folder, and models that cannot be loaded. Left out: the default model
(`test_default_model.py`)."""

from __future__ import annotations

import re
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from index.embedder import embedder_name, open_embedder
from index.errors import EmbedderError
from index.models import e5_small
from index.settings import IndexSettings
from index.store import open_writer
from index.types import Span
from rag.chatbot import Chatbot


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another model: one random layer over a vocabulary of a few words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    parts: Any = import_module("sentence_transformers.sentence_transformer.modules")
    fast: Any = PreTrainedTokenizerFast
    raw, made = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("models") / "tiny-model"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "bridge", "is", "long", "."]
    inner = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    fast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=32,
    ).save_pretrained(str(raw))  # fmt: skip
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    BertModel(config).save_pretrained(str(raw))
    transformer = parts.Transformer(str(raw), max_seq_length=32)
    SentenceTransformer(modules=[transformer, parts.Pooling(16)], device="cpu").save(str(made))
    return made


def test_another_model_by_its_folder(tiny: Path) -> None:
    other = open_embedder(IndexSettings.model_validate({"embedder": str(tiny)}))
    assert re.fullmatch("tiny-model~[0-9a-f]{8}", other.name) and other.dimension == 16
    vectors, (inner,) = other.embed_passages(["the bridge is long ."], [[Span(0, 10), Span(11, 20)]])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert inner.shape == (2, 16) and other.embed_questions(["the bridge"]).shape == (1, 16)


def test_folders_of_one_name_are_different_models(tiny: Path, tmp_path: Path) -> None:
    """Not even the default's name makes a folder the default model."""
    made = [shutil.copytree(tiny, tmp_path / place / "multilingual-e5-small") for place in ("one", "two")]
    settings = [IndexSettings.model_validate({"embedder": str(folder)}) for folder in made]
    names = {embedder_name(each) for each in settings}
    assert len(names) == 2 and e5_small.NAME not in names and not any(str(tmp_path) in name for name in names)
    assert open_embedder(settings[0]).dimension == 16 and open_embedder(settings[0]).name in names
    assert embedder_name(IndexSettings.model_validate({"embedder": e5_small.HUB_NAME})) == e5_small.NAME


def test_many_texts_at_once_keep_their_order(tiny: Path) -> None:
    other = open_embedder(IndexSettings.model_validate({"embedder": str(tiny)}))
    texts = ["the bridge " * (n % 7 + 1) for n in range(600)]
    whole, inner = other.embed_passages(texts, [[Span(0, 10)] * (n % 3) for n in range(600)])
    assert [len(rows) for rows in inner] == [n % 3 for n in range(600)]
    np.testing.assert_allclose(whole, other.embed_questions(texts), atol=1e-5)


def test_token_vectors_are_held_for_a_slice_at_a_time(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = open_embedder(IndexSettings.model_validate({"embedder": str(tiny)}))
    encode, sizes = SentenceTransformer.encode, []

    def counted(self: SentenceTransformer, texts: list[str], **options: Any) -> Any:
        sizes.append(len(texts))
        return encode(self, texts, **options)

    monkeypatch.setattr(SentenceTransformer, "encode", counted)
    other.embed_passages(["the bridge"] * 600, [[]] * 600)
    assert sizes == [256, 256, 88]


def test_damaged_weights_are_named_without_the_place(tiny: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "broken")
    (weights,) = folder.rglob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(EmbedderError, match=r"weights are damaged. Remove its folder from the cache") as caught:
        open_embedder(IndexSettings.model_validate({"embedder": str(folder)}))
    assert str(tmp_path) not in str(caught.value)


def test_prompts_can_be_set(tiny: Path) -> None:
    plain = open_embedder(IndexSettings.model_validate({"embedder": str(tiny)}))
    prompted = open_embedder(IndexSettings.model_validate({"embedder": str(tiny), "question_prompt": "the long "}))
    np.testing.assert_allclose(
        prompted.embed_questions(["bridge"]), plain.embed_questions(["the long bridge"]), atol=1e-6
    )
    np.testing.assert_allclose(
        prompted.embed_passages(["bridge"], [[]])[0], plain.embed_passages(["bridge"], [[]])[0], atol=1e-6
    )


def test_an_index_of_another_model_refuses_the_default(tiny: Path, tmp_path: Path) -> None:
    from rag.settings import RagSettings

    settings = RagSettings.model_validate({"store": f"embedded:{tmp_path}/index"})
    with open_writer(settings, "tiny-model", 16) as writer:
        writer.publish()
    with pytest.raises(EmbedderError, match=r"tiny-model.*multilingual-e5-small"):
        Chatbot(settings, open_embedder(IndexSettings.model_validate({}))).ask("Is the bridge long?")


@pytest.mark.parametrize("name", ["/nowhere/at/all", "no-such-owner/no-such-model", "", "a b\nc"])
def test_an_unknown_model_is_named_in_a_clear_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EmbedderError, match=r"could not be loaded.*multilingual-e5-small"):
        open_embedder(IndexSettings.model_validate({"embedder": name}))


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="could not be loaded"):
        open_embedder(IndexSettings.model_validate({"embedder": str(tmp_path)}))
    for name, content in (("config.json", "{"), ("modules.json", "[]")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(EmbedderError, match="could not be loaded"):
            open_embedder(IndexSettings.model_validate({"embedder": str(tmp_path)}))
