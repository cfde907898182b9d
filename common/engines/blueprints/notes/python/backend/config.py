"""Settings from the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

DEFAULT_PORT = "<< port >>"


class BadSetting(Exception):
    """A setting that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Where the server listens and where it keeps its data."""

    host: str
    port: int
    data_dir: Path


def read_settings(env: Mapping[str, str]) -> Settings:
    return Settings(
        host=env.get("HOST") or "127.0.0.1",
        port=read_port(env.get("PORT") or DEFAULT_PORT),
        data_dir=Path(env.get("DATA_DIR") or "data"),
    )


def read_port(text: str) -> int:
    """A TCP port. 0 lets the system choose a free one."""
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:
        raise BadSetting(f"PORT must be a number from 0 to 65535, not {ascii(text)}")
    return int(text)
