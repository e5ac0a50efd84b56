"""Files that are ZIP archives inside (DOCX, EPUB), opened within limits. Left out: what stands in them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lxml import etree

from index.errors import UnreadableArticle

MOST_BYTES: Final = 200_000_000
"""Unpacked, all files together: a small archive can hold a very large file."""

MOST_FILES: Final = 20_000


@contextmanager
def opened_archive(file: Path) -> Iterator[zipfile.ZipFile]:
    """The archive. Raises UnreadableArticle, here or in the block, if it is damaged, encrypted or too large."""
    try:
        with zipfile.ZipFile(file) as archive:
            inside = archive.infolist()
            size = sum(entry.file_size for entry in inside)
            if len(inside) > MOST_FILES or size > MOST_BYTES:
                raise UnreadableArticle(
                    f"it unpacks to {size:,} bytes in {len(inside):,} files; at most {MOST_BYTES:,} in "
                    f"{MOST_FILES:,} are read"
                )
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise UnreadableArticle(f"it is damaged ({error})") from error
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise UnreadableArticle("it is encrypted; save it without a password") from error


def xml_of(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """One file of the archive as XML; entities are not followed. Raises UnreadableArticle."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(archive.read(name), parser)
    except KeyError as error:
        raise UnreadableArticle(f"it holds no file “{name}”") from error
    except etree.XMLSyntaxError as error:
        raise UnreadableArticle(f"its file “{name}” is damaged ({error})") from error
