"""Settings of the server, read from environment variables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping
from urllib.parse import urlsplit

DEFAULT_PORT = "<< port >>"


class ConfigError(Exception):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True)
class Config:
    """All settings, checked."""

    host: str
    port: int
    data_dir: Path
    public_url: str


def load(environ: Mapping[str, str]) -> Config:
    """Read the settings; raise ConfigError naming the first bad one."""
    return Config(
        host=environ.get("HOST") or "127.0.0.1",
        port=read_port(environ.get("PORT") or DEFAULT_PORT),
        data_dir=Path(environ.get("DATA_DIR") or "data"),
        public_url=read_public_url(environ.get("PUBLIC_URL") or ""),
    )


def read_port(text: str) -> int:
    """Return the port number; 0 lets the system choose a free one."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ConfigError(f"PORT must be a number from 0 to 65535, not {text!r}")
    return int(text)


def read_public_url(text: str) -> str:
    """Return the address that short links start with, without a slash at its end."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(f"PUBLIC_URL must look like https://go.example.com, not {text!r}")
    return f"{parts.scheme}://{parts.netloc.lower()}"
