"""The errors of `index`: one base, one class for each thing a caller may want to treat apart.
Each message says what happened and what to do. Left out: HTTP statuses and exit codes
(see `web/errors.py`)."""


class IndexFault(Exception):
    """Base of every error that `index` raises on purpose."""


class SettingsError(IndexFault):
    """A setting is unknown or has a value that cannot be used."""


class UnreadableArticle(IndexFault):
    """A source could not be read as an article."""


class TooManyRemoved(IndexFault):
    """A run would remove a large share of a source: so many when it noticed; it looks no further."""

    def __init__(self, path: str, removed: int, indexed: int) -> None:
        self.path, self.removed, self.indexed = path, removed, indexed
        self.gone = f"{path}: at least {removed:,} of its {indexed:,} articles are gone."
        super().__init__(f"{self.gone} Nothing of it was changed. If that is meant, run the same command with --yes.")


class NoIndexError(IndexFault):
    """There is no index at the store's address yet."""


class StoreError(IndexFault):
    """The store cannot be opened, is of another format, or is damaged."""


class StoreBusy(StoreError):
    """Somebody else is writing to the store."""


class EmbedderError(IndexFault):
    """A model cannot be loaded, or is not the one that made the index."""


class UnknownArticle(IndexFault):
    """No article has this id."""


class InvalidFilter(IndexFault):
    """A filter has a value that cannot be used. `param` names it."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param
