"""Reads the server's settings from environment variables."""
from __future__ import annotations

from typing import Mapping, NamedTuple, Optional

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = << port >>


class SettingsError(ValueError):
    """A setting has a value that cannot be used."""


class Settings(NamedTuple):
    """Where the server listens."""

    host: str
    port: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings named in the environment, or their defaults."""
    host = environment.get("HOST") or DEFAULT_HOST
    return Settings(host, read_port(environment.get("PORT")))


def read_port(text: Optional[str]) -> int:
    """Return the port; 0 lets the system choose a free one."""
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > 65535:
        raise SettingsError(f"PORT must be a number from 0 to 65535, not {text!r}")
    return int(text)
