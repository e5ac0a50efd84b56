"""Archives → the files in them: names that lead out, links, bombs, damage. Left out: what readers make of the files."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from index.errors import UnreadableArticle
from index.readers import packed, packed_entries, read_packed, unpacking
from index.types import Article

TAR = {"a.tar": "w", "a.tar.gz": "w:gz", "a.tgz": "w:gz", "a.tar.bz2": "w:bz2", "a.tar.xz": "w:xz"}
BOTH = pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w", *more: tarfile.TarInfo) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in more:
            archive.addfile(entry)
    return made.getvalue()


def made(name: str, files: dict[str, bytes]) -> bytes:
    return zipped(files) if name == "a.zip" else tarred(files, TAR[name])


def read_articles(folder: Path, name: str, content: bytes) -> dict[str, str]:
    """Articles by their origin in the archive: their text, or why there is none."""
    (folder / name).write_bytes(content)
    found = {}
    for part, result in read_packed(folder / name, "a"):
        found[part] = result.text if isinstance(result, Article) else str(result)
    return found


def wanted(file: Path) -> bool:
    return file.suffix.lower() in (".txt", ".md", ".bz2")


def read(folder: Path, name: str, content: bytes) -> dict[str, bytes | str]:
    """Members by name: their bytes, or why they cannot be read. Nothing is left behind, inside or outside."""
    folder = folder / "one" / "two"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    found: dict[str, bytes | str] = {}
    places: list[Path] = []
    for inner, member in packed.members(folder / name, wanted):
        assert inner not in found
        if isinstance(member, Path):
            assert all(not place.exists() for place in places)
            assert packed._ENDING.sub("", member.name).isdigit()
            places.append(member)
        found[inner] = member.read_bytes() if isinstance(member, Path) else str(member)
    assert all(not place.parent.exists() for place in places)
    assert [file.name for file in folder.parents[1].rglob("*") if file.is_file()] == [name]
    return found


FILES = {"b/x.txt": b"One.", "y.MD": b"Two.", "b/z.xml.bz2": b"Three."}


@pytest.mark.parametrize("name", ["a.zip", *TAR])
def test_files_come_one_by_one(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, name, made(name, FILES)) == FILES


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
def test_other_ways_of_packing(tmp_path: Path, method: int) -> None:
    assert read(tmp_path, "a.zip", zipped(FILES, method)) == FILES


def test_the_way_of_packing_that_may_take_any_memory_is_named(tmp_path: Path) -> None:
    assert set(read(tmp_path, "a.zip", zipped({"x.txt": b"x"}, zipfile.ZIP_LZMA)).values()) == {
        "it is packed in a way that is not read; pack it as an ordinary ZIP"
    }


@BOTH
def test_endings_stay_for_the_reader(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(made(name, {"b/Wiki.xml.BZ2": b"x", "c/d.v2/e.TXT": b"y"}))
    suffixes = [
        member.name.lstrip("0123456789")
        for _, member in packed.members(tmp_path / name, wanted)
        if isinstance(member, Path)
    ]
    assert suffixes == [".xml.bz2", ".txt"]


@BOTH
def test_hidden_and_unknown_files_are_left_out(tmp_path: Path, name: str) -> None:
    files = {".x.txt": b"", ".git/x.txt": b"", "__MACOSX/b/x.txt": b"", "b/.DS_Store": b"", "photo.png": b"", "x": b""}
    assert read(tmp_path, name, made(name, {**files, **FILES})) == FILES


@BOTH
@pytest.mark.parametrize("files", [{}, {"photo.png": b"", ".x.txt": b"Hidden."}], ids=["empty", "others"])
def test_archives_without_articles_are_named(tmp_path: Path, name: str, files: dict[str, bytes]) -> None:
    with pytest.raises(UnreadableArticle, match="it holds no articles: it is empty, or no file in it"):
        read(tmp_path, name, made(name, files))
    found = read(tmp_path / "b", "b.zip", zipped({f"b/{name}": made(name, files), "x.txt": b"One."}))
    assert found["x.txt"] == b"One." and "it holds no articles" in str(found[f"b/{name}"]) and len(found) == 2


@BOTH
@pytest.mark.parametrize(
    "evil", ["../x.txt", "b/../../x.txt", "/tmp/x.txt", "..\\x.txt", "b\\..\\..\\x.txt", "C:\\x.txt", "c:x.txt",
             "\\x.txt", "../../evil", "b/.."],
)  # fmt: skip
def test_names_that_lead_out_are_named(tmp_path: Path, name: str, evil: str) -> None:
    found = read(tmp_path, name, made(name, {evil: b"evil", **FILES}))
    (fault,) = (why for why in found.values() if isinstance(why, str))
    assert "leads out" in fault and len(found) == 4


@BOTH
def test_other_hostile_names(tmp_path: Path, name: str) -> None:
    found = read(
        tmp_path, name, made(name, {"a\nb.txt": b"x", "x" * 300 + ".txt": b"x", "./b//c.txt": b"ok", "b\\d.txt": b"ok"})
    )
    assert [inner for inner, result in found.items() if result == b"ok"] == ["b/c.txt", "b/d.txt"]
    assert len(found) == 4 and all(len(inner) < 300 and "\n" not in inner for inner in found)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@BOTH
def test_two_files_of_one_name(tmp_path: Path, name: str) -> None:
    found: list[tuple[str, object]] = []
    (tmp_path / name).write_bytes(made(name, {"x.txt": b"1", "./x.txt": b"2"}))
    found = [(inner, type(member)) for inner, member in packed.members(tmp_path / name, wanted)]
    assert [kind for _, kind in found] == [type(tmp_path), UnreadableArticle]


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_links_and_devices_of_a_tar_are_named(tmp_path: Path, kind: bytes, mode: str) -> None:
    more = (special("secret.txt", kind, "/etc/passwd"), special("folder", tarfile.DIRTYPE))
    found = read(tmp_path, "a.tar", tarred(FILES, mode, *more))
    assert {**FILES, "secret.txt": found["secret.txt"]} == found
    assert "is a link" in str(found["secret.txt"]) or "no ordinary file" in str(found["secret.txt"])


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_of_a_zip_are_named(tmp_path: Path, kind: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("secret.txt")
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("x.txt", "One.")
    found = read(tmp_path, "a.zip", made.getvalue())
    assert found.pop("x.txt") == b"One." and list(found) == ["secret.txt"] and isinstance(found["secret.txt"], str)


def test_a_member_behind_a_link_is_not_written_through_it(tmp_path: Path) -> None:
    link = special("b", tarfile.SYMTYPE, str(tmp_path))
    behind = tarfile.TarInfo("b/x.txt")
    found = read(tmp_path, "a.tar", tarred({}, "w", link, behind))
    assert found["b/x.txt"] == b"" and not (tmp_path / "x.txt").exists()


@BOTH
def test_archives_inside_are_read_one_level_deep(tmp_path: Path, name: str) -> None:
    deeper = zipped({"deep.txt": b"Deep."})
    inner = made(name, {"x.txt": b"Inner.", "deeper.zip": deeper, "../y.txt": b"evil"})
    found = read(tmp_path, name, made(name, {f"b/{name}": inner, "bad.zip": b"PK\x03\x04...", "x.txt": b"Outer."}))
    assert found[f"b/{name}/x.txt"] == b"Inner." and found["x.txt"] == b"Outer." and "deep.txt" not in str(found)
    assert "archive of an archive" in str(found[f"b/{name}/deeper.zip"]) and "damaged" in str(found["bad.zip"])
    assert len(found) == 5


@BOTH
@pytest.mark.parametrize("first", ["names", "table"])
def test_a_file_of_field_names_beside_is_used(tmp_path: Path, name: str, first: str) -> None:
    """Before its table or behind it, in folders and archives inside; for no other file than its own."""
    table, names = b"id,lead,body\n1,One.,Two.\n", b"text: [lead, body]"
    pair = [("b/x.csv", table), ("b/x.csv.fields.yaml", names)]
    files = dict(pair if first == "table" else pair[::-1])
    found = read_articles(tmp_path, name, made(name, {**files, "x.csv": table, f"in/{name}": made(name, files)}))
    assert found == {"b/x.csv#1": "One.\n\nTwo.", f"in/{name}/b/x.csv#1": "One.\n\nTwo.", "x.csv#1": "Two."}


@pytest.mark.parametrize("second", ["x.csv.fields.yaml", "./x.csv.fields.yaml"])
def test_two_files_of_field_names_are_named(tmp_path: Path, second: str) -> None:
    files = tarfile.TarInfo(second)
    content = tarred({"x.csv": b"id,text\n1,One.\n", "x.csv.fields.yaml": b"text: text"}, "w", files)
    assert "two files of field names" in read_articles(tmp_path, "a.tar", content)["x.csv"]


@pytest.mark.parametrize("evil", ["../x.csv.fields.yaml", "/x.csv.fields.yaml"])
def test_a_file_of_field_names_that_leads_out_is_not_used(tmp_path: Path, evil: str) -> None:
    found = read_articles(tmp_path, "a.zip", zipped({evil: b"text: id", "x.csv": b"id,text\n1,One.\n"}))
    assert found.get("x.csv#1") == "One." or "leads out of the archive" in found["x.csv"]
    assert "leads out of the archive" in found[evil.lstrip("/")] and not list(tmp_path.parent.glob("*.yaml"))


def test_a_file_of_field_names_that_is_too_large_is_named(tmp_path: Path) -> None:
    files = {"x.csv": b"id,text\n1,One.\n", "x.csv.fields.yaml": b" " * 10_000_000, "y.txt": b"Two."}
    found = read_articles(tmp_path, "a.zip", zipped(files))
    assert "its file of field names" in found["x.csv"] and found["y.txt"] == "Two."


def encrypted() -> bytes:
    raw = bytearray(zipped({"secret.txt": b"Secret text.", "x.txt": b"One."}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def test_encrypted_members_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, "a.zip", encrypted())
    assert found == {"secret.txt": "it is encrypted; save it without a password", "x.txt": b"One."}


def test_damaged_members_of_a_zip_are_named(tmp_path: Path) -> None:
    raw = bytearray(zipped({"bad.txt": b"Some words.", "x.txt": b"One."}, zipfile.ZIP_STORED))
    raw[raw.index(b"Some")] ^= 1
    found = read(tmp_path, "a.zip", bytes(raw))
    assert found["x.txt"] == b"One." and "damaged" in str(found["bad.txt"])


def what_comes(file: Path) -> tuple[list[str], str]:
    """The members that come, and why no more do."""
    found = []
    try:
        for inner, member in packed.members(file, wanted):
            if isinstance(member, Path):
                found.append(inner)
    except UnreadableArticle as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize("name", ["a.zip", *TAR])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.9])
def test_archives_that_are_cut_are_named(tmp_path: Path, name: str, share: float) -> None:
    lines = [f"{n} " + "".join(chr(97 + n * m % 26) for m in range(3000)) for n in range(40)]
    files = {f"{n}.txt": line.encode() for n, line in enumerate(lines)}
    content = made(name, files)
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    found, why = what_comes(tmp_path / name)
    assert found == list(files)[: len(found)] and len(found) < 40
    assert why


def test_a_damaged_entry_of_a_tar_is_not_taken_for_its_end(tmp_path: Path) -> None:
    raw = bytearray(tarred({"x.txt": b"One.", "y.txt": b"Two."}))
    raw[1024:1034] = b"!" * 10
    (tmp_path / "a.tar").write_bytes(raw)
    assert what_comes(tmp_path / "a.tar")[0] == ["x.txt"] and "damaged" in what_comes(tmp_path / "a.tar")[1]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
@pytest.mark.parametrize(
    "content", [b"", b"no archive", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\0" * 100]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert what_comes(tmp_path / name)[0] == [] and what_comes(tmp_path / name)[1]


def test_a_bomb_in_a_zip_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, "a.zip", zipped({"bomb.txt": bytes(30_000_000), "x.txt": b"One."}))
    assert found["x.txt"] == b"One." and "too much for its size" in str(found["bomb.txt"])


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_a_bomb_in_a_tar_ends_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(made(name, {"x.txt": b"One.", "skipped.png": bytes(30_000_000), "y.txt": b"Two."}))
    found, why = what_comes(tmp_path / name)
    assert found == ["x.txt"] and "unpacks to more than" in why


@BOTH
def test_limits(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = {f"{n}.txt": bytes((n * m * m) % 251 for m in range(20_000)) for n in range(1, 8)}
    (tmp_path / name).write_bytes(made(name, noise))
    monkeypatch.setattr(packed, "MOST_MEMBER_BYTES", 10_000)
    assert what_comes(tmp_path / name) == ([], "")
    monkeypatch.setattr(packed, "MOST_MEMBER_BYTES", 20_000)
    monkeypatch.setattr(packed, "MOST_BYTES", 70_000)
    assert what_comes(tmp_path / name) == (
        ["1.txt", "2.txt", "3.txt"],
        "it unpacks to more than 70,000 bytes; split it",
    )
    monkeypatch.setattr(packed, "MOST_FILES", 2)
    assert what_comes(tmp_path / name)[1] == "it holds more than 2 files; split it"


def test_a_zip_of_very_many_files_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    raw = zipped({"x.txt": b"One."})
    start = raw.index(packed_entries._ENTRY_MARK)
    (tmp_path / "a.zip").write_bytes(raw[:start] + raw[start:] * 30_000)
    assert "more than 20,000 files" in what_comes(tmp_path / "a.zip")[1]


def test_a_tar_that_claims_a_very_long_name_is_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("x.txt")
    entry.pax_headers = {"comment": "9" * 100_000}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry)
    (tmp_path / "a.tar").write_bytes(made.getvalue())
    assert "says that it has" in what_comes(tmp_path / "a.tar")[1]


def test_memory_that_a_stream_asks_for_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_MEMORY_BYTES", 1_000_000)
    (tmp_path / "a.tar.xz").write_bytes(made("a.tar.xz", FILES))
    assert "too much memory" in what_comes(tmp_path / "a.tar.xz")[1]
