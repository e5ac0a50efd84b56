"""Settings of the index. Read once, at the edge (`web/settings.py` adds the sources: command
line, environment, file). Left out: settings of questions and of the server, which extend this."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError


class IndexSettings(BaseModel):
    """What building and opening an index needs. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str = Field("embedded:", description="Address of the store: `embedded:` or `embedded:/path`.")
    embedder: str = Field(
        "multilingual-e5-small",
        description="The default model, or a sentence-transformers model by hub name or folder.",
    )
    passage_prompt: str | None = Field(
        None, description="Put before a passage when it is embedded; unset: as the model asks for."
    )
    question_prompt: str | None = Field(
        None, description="Put before a question when it is embedded; unset: as the model asks for."
    )
    passage_tokens: int = Field(180, ge=32, le=480, description="Tokens a passage aims at.")
    batch_size: int = Field(16, ge=1, le=1024, description="Passages embedded at once.")
    max_article_bytes: int = Field(
        50_000_000, ge=1_000, description="A larger file is refused, with its name and size."
    )
    private_hosts: str = Field(
        "",
        description="Host names and addresses of private networks that may be called, separated by commas; all "
        "others are refused.",
    )
    fetch_tries: int = Field(
        3,
        ge=1,
        le=10,
        description="Times an address is asked for that answers with an error of its host, or not at all.",
    )
    fetch_seconds: float = Field(
        60.0, gt=0, le=3_600, description="How long loading one address may take, redirects included."
    )
    fetch_wait_seconds: float = Field(
        1.0,
        ge=0,
        le=3_600,
        description="Seconds between two requests to one host, unless its robots.txt asks for more.",
    )
    recheck_days: float = Field(
        7.0,
        ge=0,
        description="Days after which a page is asked for again that has left its feed, or that its sitemap calls "
        "unchanged.",
    )
    keep_generations: int = Field(10, ge=1, le=100, description="Published generations kept for rollback.")
    keep_versions: int = Field(
        10, ge=0, le=1000, description="Earlier texts of an article kept when it changes, for those who cite it."
    )
    cache: Path = Field(
        default_factory=lambda: user_cache_path("loccit"),
        description="Where the model is unpacked and its compiled form kept.",
    )
    data: Path = Field(
        default_factory=lambda: user_data_path("loccit"),
        description="Where `embedded:` without a path keeps its index.",
    )

    @field_validator("cache", "data")
    @classmethod
    def _in_the_home_folder(cls, path: Path) -> Path:
        try:
            return path.expanduser()
        except RuntimeError as error:
            raise PydanticCustomError("home", "it begins with '~' and no home folder is known for it") from error


def listed(value: str) -> list[str]:
    """What a setting names, separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()]
