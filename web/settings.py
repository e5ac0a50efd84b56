"""All settings, and where they come from: command line beats environment (`LOCCIT_…`) beats
`loccit.toml` in the working directory. Left out: secrets (there are none yet)."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from index.errors import SettingsError
from rag.settings import RagSettings

PREFIX = "LOCCIT_"


class Settings(RagSettings):
    """Every setting of the program. Unknown keys are refused."""

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on; 0 picks a free one.")
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="A larger request body is refused (413).")
    language: str | None = Field(None, description="`loccit ask`: only articles in this language.")
    since: str | None = Field(None, description="`loccit ask`: only articles dated on or after.")
    until: str | None = Field(None, description="`loccit ask`: only articles dated on or before.")
    source: str | None = Field(None, description="`loccit ask`: only articles of this source.")
    tag: str | None = Field(None, description="`loccit ask`: only articles with this tag.")
