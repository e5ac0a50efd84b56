"""API keys in an SQLite file of the folder `data`: made, listed, revoked, checked. The secret is shown once and kept
as its scrypt hash. Left out: which request needs a key (`access.py`)."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from index.errors import SettingsError
from web.database import DataError, exists, opened

logger = logging.getLogger(__name__)

FILE: Final = "keys.sqlite"
PREFIX: Final = "lk"
SCOPES: Final = ("ask", "write", "admin")
"""Each allows what those before it allow."""

_USE_NOTED_SECONDS: Final = 60
_SCHEMA: Final = """create table if not exists key (
    id text primary key, name text not null, scope text not null, salt blob not null, hash blob not null,
    created text not null, last_used text, revoked text
)"""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; times are ISO 8601, in UTC."""

    id: str
    name: str
    scope: str
    created: str
    last_used: str | None
    revoked: str | None


class KeyStore:
    """One file; safe to share between threads and processes. Nothing is created before the first key."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        # What scrypt has proved once, it need not prove at every request: that takes some 50 ms. Digests by key id.
        self._proved: dict[str, bytes] = {}
        self._noted: dict[str, float] = {}
        self._lock = Lock()

    def create(self, name: str, scope: str) -> tuple[Key, str]:
        """A new key and its secret, which is kept nowhere. Raises SettingsError, DataError."""
        if scope not in SCOPES:
            raise SettingsError(f"The scope “{scope}” is not known. Scopes: {', '.join(SCOPES)}.")
        if not name.strip() or len(name) > 100:
            raise SettingsError("Give the key a name of 1 to 100 characters, to know it by.")
        key = Key(secrets.token_hex(4), name.strip(), scope, _now(), None, None)
        secret, salt = secrets.token_urlsafe(32), secrets.token_bytes(16)
        with opened(self._file, _SCHEMA) as db:
            row = (key.id, key.name, key.scope, salt, _hash(secret, salt), key.created)
            db.execute("insert into key (id, name, scope, salt, hash, created) values (?, ?, ?, ?, ?, ?)", row)
            db.commit()
        return key, f"{PREFIX}_{key.id}_{secret}"

    def listed(self) -> list[Key]:
        """All keys, revoked ones too, oldest first. Raises DataError."""
        if not exists(self._file):
            return []
        with opened(self._file, _SCHEMA) as db:
            rows = db.execute("select id, name, scope, created, last_used, revoked from key order by created, id")
            return [Key(*row) for row in rows]

    def revoke(self, key_id: str) -> None:
        """From now on the key is refused, by running servers too. Raises SettingsError if there is no such key."""
        with opened(self._file, _SCHEMA) as db:
            found = db.execute("update key set revoked = ? where id = ? and revoked is null", (_now(), key_id))
            db.commit()
            if not found.rowcount:
                raise SettingsError(f"There is no key “{key_id[:40]}” in use. `loccit keys list` names them.")

    def check(self, token: str) -> Key | None:
        """The key of a token, or None if it is not valid (any more). Takes the time of one hash the first time, and
        for every wrong secret. Raises DataError."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not secret or not exists(self._file):
            return None
        with opened(self._file, _SCHEMA) as db:
            row = db.execute(
                "select id, name, scope, created, last_used, revoked, salt, hash from key where id = ?", (key_id,)
            ).fetchone()
        if row is None or row[5] is not None or not self._proves(key_id, secret, *row[6:]):
            return None
        self._note_use(key_id)
        return Key(*row[:6])

    def _proves(self, key_id: str, secret: str, salt: bytes, expected: bytes) -> bool:
        digest = hashlib.sha256(expected + secret.encode("utf-8", "replace")).digest()
        with self._lock:
            known = self._proved.get(key_id)
        if known is not None and hmac.compare_digest(known, digest):
            return True
        proved = hmac.compare_digest(_hash(secret, salt), expected)
        if proved:
            with self._lock:
                self._proved[key_id] = digest
        return proved

    def _note_use(self, key_id: str) -> None:
        with self._lock:
            if time.monotonic() - self._noted.get(key_id, float("-inf")) < _USE_NOTED_SECONDS:
                return
            self._noted[key_id] = time.monotonic()
        try:
            with opened(self._file, _SCHEMA) as db:
                db.execute("update key set last_used = ? where id = ?", (_now(), key_id))
                db.commit()
        except DataError as error:  # the key is good all the same
            logger.warning("When a key was used cannot be noted: %s", error)


def _hash(secret: str, salt: bytes) -> bytes:
    """scrypt (RFC 7914) with the parameters that OWASP names for 16 MB."""
    return hashlib.scrypt(secret.encode("utf-8", "replace"), salt=salt, n=2**14, r=8, p=5, maxmem=2**26)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
