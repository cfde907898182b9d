"""Decides what to answer to each request; knows nothing about sockets."""
from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from typing import Mapping, NamedTuple

from backend.site import File, Site

HEALTH = b'{"status":"ok"}\n'


class Answer(NamedTuple):
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


def answer(site: Site, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    """Return the file at the path, or say why not."""
    if path != "/healthz" and path not in site.files:
        return file_answer(404, site.not_found)
    if method not in ("GET", "HEAD"):
        body = f"{method} is not possible here\n".encode()
        return Answer(405, {"Allow": "GET, HEAD", "Content-Type": "text/plain; charset=utf-8"}, body)
    if path == "/healthz":
        return Answer(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, HEALTH)
    file = site.files[path]
    if is_fresh(file, headers):
        return Answer(304, caching_headers(file))
    return file_answer(200, file)


def file_answer(status: int, file: File) -> Answer:
    """Return an answer with the file; only a found one has headers for caches."""
    caching = caching_headers(file) if status == 200 else {"Cache-Control": "no-cache"}
    return Answer(status, {"Content-Type": file.content_type, **caching}, file.body)


def caching_headers(file: File) -> dict[str, str]:
    """Return what a cache needs to know about the file."""
    return {
        "Cache-Control": file.cache_control,
        "ETag": file.etag,
        "Last-Modified": formatdate(file.modified, usegmt=True),
    }


def is_fresh(file: File, headers: Mapping[str, str]) -> bool:
    """Tell whether the browser's copy is still good; a tag goes before a date."""
    tags = headers.get("If-None-Match")
    if tags is not None:
        return any(tag.strip() in ("*", file.etag, f"W/{file.etag}") for tag in tags.split(","))
    since = headers.get("If-Modified-Since")
    return since is not None and file.modified <= read_date(since)


def read_date(text: str) -> float:
    """Return the seconds of an HTTP date; a date that cannot be read is long ago."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return float("-inf")
