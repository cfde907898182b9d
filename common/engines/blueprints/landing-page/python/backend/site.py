"""Reads the files of the site once, so that a request can only ever name one of these."""
from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
NOT_FOUND_PAGE = "404.html"


class File(NamedTuple):
    """One file of the site with all that its headers need."""

    body: bytes
    content_type: str
    cache_control: str
    etag: str
    modified: int


class Site(NamedTuple):
    """The files by their address, and the page for every other address."""

    files: dict[str, File]
    not_found: File


def load_site(folder: Path) -> Site:
    """Read every file in the folder, except hidden files and links."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and not has_hidden_part(name):
            files[f"/{name}"] = load_file(path)
    not_found = files.pop(f"/{NOT_FOUND_PAGE}")
    files["/"] = files["/index.html"]
    return Site(files, not_found)


def has_hidden_part(name: str) -> bool:
    """Tell whether the file or a folder above it starts with a dot."""
    return any(part.startswith(".") for part in name.split("/"))


def load_file(path: Path) -> File:
    """Read one file and work out its headers."""
    body = path.read_bytes()
    content_type = CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return File(
        body=body,
        content_type=content_type,
        cache_control="no-cache" if content_type.startswith("text/html") else "public, max-age=3600",
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        modified=int(path.stat().st_mtime),
    )
