"""The errors of `rag`. Left out: what `index` raises, which passes through unchanged."""


class RagFault(Exception):
    """Base of every error that `rag` raises on purpose."""


class InvalidQuestion(RagFault):
    """The question, or something asked with it, cannot be used. `param` names it."""

    def __init__(self, message: str, param: str = "question") -> None:
        super().__init__(message)
        self.param = param


class QuestionTooLong(InvalidQuestion):
    """The question has more characters than are read."""


class InvalidFolder(RagFault):
    """A folder to evaluate, or a file to verify, is not in the expected form."""


class VerbatimError(RagFault):
    """An extract differs from its article. Never expected: the answer is withheld."""


class DeadlineExceeded(RagFault):
    """The request was not answered in the time it may take."""


class RerankerError(RagFault):
    """The reranker cannot be used."""


class ReaderError(RagFault):
    """The reader cannot be used."""
