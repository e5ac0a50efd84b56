"""The columns of a table or the keys of an object → the fields of an article: by their usual names, or as a file
`NAME.fields.yaml` beside the data file NAME says. Left out: what the values mean; HTML in them stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from index.errors import UnreadableArticle
from index.readers.fields import make_article
from index.types import Article

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "identifier", "uid", "uuid", "guid", "articleid", "docid", "identifiant"),
    "title": ("title", "headline", "heading", "subject", "titre", "titel", "título"),
    "text": ("text", "body", "content", "articlebody", "articletext", "fulltext", "maintext", "bodytext", "article",
             "texte", "corps", "contenu", "inhalt", "texto"),
    "date": ("date", "published", "publishedat", "publishdate", "publicationdate", "datepublished", "pubdate",
             "created", "createdat", "timestamp", "datum", "fecha"),
    "updated": ("updated", "updatedat", "modified", "modifiedat", "lastmodified", "datemodified"),
    "language": ("language", "lang", "inlanguage", "langue", "sprache", "idioma"),
    "url": ("url", "link", "href", "uri", "permalink", "canonicalurl", "weburl", "articleurl", "sourceurl", "lien"),
    "source": ("source", "publisher", "publication", "sitename", "newspaper", "journal", "outlet"),
    "author": ("author", "authors", "byline", "creator", "auteur", "auteurs", "autor"),
    "tags": ("tags", "keywords", "categories", "category", "topics", "section", "rubrique"),
}  # fmt: skip
"""The fields of an article, and by which names they are known, the best first: letters and digits alone count, so that
`datePublished`, `Date published` and `date_published` are one name."""

Columns = Mapping[str, tuple[str, ...]]
"""The columns of some fields, as somebody has named them; all other fields go by `NAMES`."""

ENDING: Final = ".fields.yaml"
_BESIDE: Final = "file of field names (….fields.yaml)"
MOST_MAPPING_BYTES: Final = 100_000
_SHOWN_CHARS: Final = 300


def mapping_file(file: Path) -> Path:
    """Where the names of a data file's fields are said, if they are."""
    return file.with_name(f"{file.name}{ENDING}")


def read_columns(file: Path) -> Columns:
    """What `NAME.fields.yaml` beside the file says, nothing without one. Raises UnreadableArticle if that cannot be
    used."""
    beside = mapping_file(file)
    try:
        if not beside.is_file():
            return {}
        with beside.open("rb") as opened:
            raw = opened.read(MOST_MAPPING_BYTES + 1)
        if len(raw) > MOST_MAPPING_BYTES:
            raise UnreadableArticle(f"its {_BESIDE} has more than {MOST_MAPPING_BYTES:,} bytes")
        # BaseLoader keeps every name as written: a column may be called `no` or `2024`.
        said = yaml.load(raw.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise UnreadableArticle(f"its {_BESIDE} could not be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableArticle(f"its {_BESIDE} is not valid YAML; write lines of 'text: COLUMN'") from error
    if not isinstance(said, dict):
        raise UnreadableArticle(f"its {_BESIDE} must be lines of 'text: COLUMN'")
    return {_field(name): _named(name, columns) for name, columns in said.items()}


def _field(name: Any) -> str:
    known = "language" if name == "lang" else name
    if known not in NAMES:
        raise UnreadableArticle(f"its {_BESIDE} names '{str(name)[:40]}'; the fields are {', '.join(NAMES)}")
    return str(known)


def _named(name: Any, columns: Any) -> tuple[str, ...]:
    if isinstance(columns, str) and columns:
        return (columns,)
    several = isinstance(columns, list) and columns and all(isinstance(one, str) and one for one in columns)
    if name != "text" or not several:
        more = ", or a list of them" if name == "text" else ""
        raise UnreadableArticle(f"its {_BESIDE} must give '{name}' the name of a column{more}")
    return tuple(columns)


def check_columns(columns: Columns, found: Iterable[str]) -> None:
    """Raises UnreadableArticle if a column that was named is none of those found, or no column can be the text."""
    found = list(dict.fromkeys(found))
    shown = ", ".join(found) if len(", ".join(found)) <= _SHOWN_CHARS else ", ".join(found)[:_SHOWN_CHARS] + "…"
    missing = [name for names in columns.values() for name in names if _find(name, found) is None]
    if missing:
        raise UnreadableArticle(f"it has no column '{missing[0][:40]}', which its field names give; it has: {shown}")
    if "text" not in columns and not {_plain(name) for name in found}.intersection(NAMES["text"]):
        raise UnreadableArticle(
            f"none of its columns is known to be the text ({shown}); say which in a file beside it that has its name "
            "and .fields.yaml at the end, as 'text: COLUMN'"
        )


def known_names(names: Iterable[str]) -> int:
    """How many of the names stand for a field of an article."""
    every = {name for known in NAMES.values() for name in known}
    return sum(_plain(name) in every for name in names)


def fields_of(values: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """The fields of an article, as `fields.make_article` takes them, with its `id` and `text`; of several columns that
    may be one field the best that holds something. A text of several columns has blank lines between them."""
    plain = {_plain(name): value for name, value in reversed(list(values.items())) if value is not None}
    plain |= {_plain(name): value for name, value in reversed(list(values.items())) if not _is_empty(value)}
    fields: dict[str, Any] = {}
    for field, names in NAMES.items():
        if field in columns:
            held = [values[found] for name in columns[field] if (found := _find(name, values)) is not None]
        else:
            held = [plain[name] for name in names if name in plain]
        full = [value for value in held if not _is_empty(value)]
        if len(full) > 1 and field in columns and all(isinstance(value, str) for value in full):
            fields[field] = "\n\n".join(value.strip("\n") for value in full)
        elif held:
            value = full[0] if full else held[0]
            fields[field] = _named_thing(value) if field in ("source", "author") else value
    return fields


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def mapped_article(values: Mapping[str, Any], columns: Columns, identity: str, alone: bool = False) -> Article:
    """The article of a row or object. Without an id it is `identity` if it stands `alone` in its file, else `identity/`
    and a hash, the same in every run: of its url, or, without one, of title and text (then another text makes another
    article). Raises UnreadableArticle."""
    fields = fields_of(values, columns)
    text, given = fields.get("text"), fields.get("id")
    if not isinstance(text, str):
        raise UnreadableArticle("it has no 'text'")
    if _is_empty(given) and alone:
        given = identity
    if _is_empty(given):
        what = fields.get("url") or f"{fields.get('title', '')}\n{text}"
        given = f"{identity}/{hashlib.sha256(str(what).encode('utf-8', 'backslashreplace')).hexdigest()[:16]}"
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise UnreadableArticle("its 'id' must be text or a whole number")
    return make_article(str(given), text.replace("\r\n", "\n").replace("\r", "\n"), fields)


def each_once(
    parts: Iterable[tuple[str, Callable[[], Article]]], where: str, empty: str = "it is empty"
) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """Each part of a file of several articles, by its name and what makes its article: the article with its id, or why
    there is none, with the name. Of an id that stands `where` too, the first is kept. A file without parts is named as
    one that cannot be read, for `empty`: what is meant to be left out is removed, and an export that went wrong looks
    like this. Raises UnreadableArticle."""
    seen: set[str] = set()
    name = None
    for name, make in parts:
        try:
            article = make()
            if article.id in seen:
                raise UnreadableArticle(f"the id '{article.id}' stands {where} too")
            seen.add(article.id)
            yield article.id, article
        except UnreadableArticle as error:
            yield name, error
    if name is None:
        raise UnreadableArticle(f"it holds no articles: {empty}")


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _find(name: str, names: Iterable[str]) -> str | None:
    """The column of that name, spaces around it and capitals aside if there is none exactly so."""
    names = list(names)
    if name in names:
        return name
    return next((one for one in names if one.strip().casefold() == name.strip().casefold()), None)


def _named_thing(value: Any) -> Any:
    """Authors and sources are often lists, or objects with a name."""
    if isinstance(value, dict) and "name" in value:
        return value["name"]
    if isinstance(value, list) and value:
        names = [one.get("name") if isinstance(one, dict) else one for one in value]
        told = [name for name in names if isinstance(name, str)]
        return ", ".join(told) if len(told) == len(names) else value
    return value
