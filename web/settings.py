"""All settings, and where they come from: command line beats environment (`LOCCIT_…`) beats
`loccit.toml` in the working directory. Left out: keys of those who ask (`keys.py`)."""

from __future__ import annotations

import base64
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator

from index.errors import SettingsError
from index.settings import listed
from rag.settings import RagSettings

PREFIX = "LOCCIT_"
FILE = Path("loccit.toml")
SECRET_BYTES = (24, 64)
"""As Standard Webhooks ask for."""

_ORIGIN = re.compile(r"https?://(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")


class Settings(RagSettings):
    """Every setting of the program. Unknown keys are refused."""

    host: str = Field("127.0.0.1", description="`loccit serve`: address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="`loccit serve`: its port; 0 picks a free one.")
    allowed_hosts: str = Field(
        "",
        description="Host names the server answers to beside its own, separated by commas; `*` for any. Needed "
        "behind a reverse proxy that passes the public name on.",
    )
    ask_without_key: bool = Field(
        True, description="Whether anybody may ask; otherwise every request needs a key (`loccit keys create`)."
    )
    address_requests_per_minute: int = Field(
        6000, ge=0, description="Requests of one address without a key, at most; 0 for no limit."
    )
    key_requests_per_minute: int = Field(6000, ge=0, description="Requests with one key, at most; 0 for no limit.")
    public_url: str = Field(
        "",
        description="Address people reach the server by (`https://loccit.example`), for links in answers to other "
        "programs; unset: as the client called it, and with `loccit mcp` that of `host` and `port`.",
    )
    widget_origins: str = Field(
        "",
        description="Sites that may show the chat in a corner with `/widget.js`, separated by commas "
        "(`https://www.example.org`).",
    )
    cors_origins: str = Field(
        "",
        description="Sites whose scripts may call the endpoints, separated by commas (`https://www.example.org`); "
        "`*` for any.",
    )
    kept_answers: int = Field(
        1000, ge=0, description="Answers kept in memory, so that they can be read again and given feedback."
    )
    webhook_urls: str = Field(
        "",
        description="Addresses that are told of new generations and of questions without an answer, separated by "
        "commas (`https://bot.example.org/loccit`).",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        validate_default=True,
        description="What they check the signature with: `whsec_` and 24 to 64 bytes in base64.",
    )
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="A larger request body is refused (413).")
    sources: str = Field(
        "",
        description="`loccit serve`: addresses of feeds, sitemaps and pages that are kept in step, separated by "
        "spaces; more are added on the admin page.",
    )
    sources_minutes: float = Field(
        60.0, ge=1, le=100_000, description="`loccit serve`: how often the sources by address are looked at."
    )
    max_upload_bytes: int = Field(
        500_000_000, ge=1_000, description="Files uploaded at once on the admin page, at most, together."
    )
    request_seconds: float = Field(
        30.0,
        ge=0,
        description="How long a question may take, and the body of any request to arrive; then it is refused "
        "(503, 408). 0 for no limit.",
    )
    language: str | None = Field(None, description="`loccit ask`, `search`: only articles in this language.")
    since: str | None = Field(None, description="`loccit ask`, `search`: only articles dated on or after.")
    until: str | None = Field(None, description="`loccit ask`, `search`: only articles dated on or before.")
    source: str | None = Field(None, description="`loccit ask`, `search`: only articles of this source.")
    tag: str | None = Field(None, description="`loccit ask`, `search`: only articles with this tag.")
    json_output: bool = Field(False, alias="json", description="Print JSON instead of text (`--json`).")
    dry_run: bool = Field(False, description="`loccit index`: print the plan and change nothing.")
    yes: bool = Field(
        False, description="`loccit index`: remove what is gone without asking, even more than a fifth of a path."
    )

    @field_validator("widget_origins", "cors_origins")
    @classmethod
    def only_origins(cls, value: str, field: ValidationInfo) -> str:
        """An origin is a scheme, a host and perhaps a port; nothing else may come into a header."""
        for origin in listed(value):
            if not _ORIGIN.fullmatch(origin) and not (origin == "*" and field.field_name == "cors_origins"):
                raise ValueError(f"“{origin}” is no origin; write https://www.example.org, without a path")
        return value

    @field_validator("webhook_urls")
    @classmethod
    def only_web_addresses(cls, value: str) -> str:
        """Each can be called."""
        for url in listed(value):
            if not re.fullmatch(r"https?://[^\s/?#]+[^\s#]*", url):
                raise ValueError(f"“{url}” cannot be called; write https://bot.example.org/loccit")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def one_to_sign_with(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Needed where addresses are named, and long enough not to be guessed."""
        advice = 'make one with `echo "whsec_$(openssl rand -base64 32)"`'
        if value is None:
            if info.data.get("webhook_urls"):
                raise ValueError(f"it is needed with webhook_urls; {advice}")
            return None
        prefix, _, encoded = value.get_secret_value().partition("_")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except ValueError:
            secret = b""
        if prefix != "whsec" or not SECRET_BYTES[0] <= len(secret) <= SECRET_BYTES[1]:
            raise ValueError(f"it cannot be used; {advice}")
        return value

    @field_validator("public_url")
    @classmethod
    def only_an_address(cls, value: str) -> str:
        """A scheme, a host, perhaps a port and a path; a slash at the end is taken off."""
        origin = "/".join(value.split("/")[:3])
        if value and (not _ORIGIN.fullmatch(origin) or any(sign in value for sign in "?# \t\n")):
            raise ValueError(f"“{value}” is no address of a server; write https://loccit.example")
        return value.rstrip("/")

    def server_url(self, called: str = "") -> str:
        """Where people reach the server: `public_url`, else as it was called, else where it would listen with these
        settings; no slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104
        return self.public_url or called.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def origins(self) -> list[str]:
        """The sites of `widget_origins`."""
        return listed(self.widget_origins)


def load_settings(given: dict[str, Any]) -> Settings:
    """Settings from the command line's options (those that are None were not given), the
    environment and the file, in this order of precedence.

    Raises SettingsError, naming the source, if a key is unknown or a value cannot be used.
    """
    layers = [
        (f"the file {FILE}", _from_file()),
        ("the environment", _from_environment()),
        ("the command line", {name: value for name, value in given.items() if value is not None}),
    ]
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for source, values in layers:
        merged |= values
        origin |= dict.fromkeys(values, source)
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        known = ", ".join(sorted(field.alias or key for key, field in Settings.model_fields.items()))
        what = f"is not known; known are: {known}" if first["type"] == "extra_forbidden" else first["msg"]
        raise SettingsError(f"The setting '{name}' from {origin.get(name, 'nowhere')}: {what}.") from error


def _from_file() -> dict[str, Any]:
    try:
        return tomllib.loads(FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {FILE} is not valid TOML ({error}). Mend it or remove it.") from error
    except OSError as error:
        raise SettingsError(f"The file {FILE} cannot be read ({error.strerror}). Mend it or remove it.") from error


def _from_environment() -> dict[str, Any]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and value
    }
