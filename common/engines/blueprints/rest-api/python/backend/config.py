"""Settings of the server, read from environment variables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

DEFAULT_PORT = "<< port >>"


class ConfigError(Exception):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True)
class Config:
    """All settings, checked."""

    host: str
    port: int
    data_dir: Path


def load(environ: Mapping[str, str]) -> Config:
    """Read the settings; raise ConfigError naming the first bad one."""
    return Config(
        host=environ.get("HOST") or "127.0.0.1",
        port=read_port(environ.get("PORT") or DEFAULT_PORT),
        data_dir=Path(environ.get("DATA_DIR") or "data"),
    )


def read_port(text: str) -> int:
    """Return the port number; 0 lets the system choose a free one."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ConfigError(f"PORT must be a number from 0 to 65535, not {text!r}")
    return int(text)
