"""The central operation: turning an address into a stored short link."""

import secrets
from datetime import datetime, timezone
from typing import Callable, Collection

from backend import codes, urls
from backend.models import InputError, Link
from backend.store import CodeTaken, LinkStore

MAX_ATTEMPTS = 10


class AliasTaken(InputError):
    """The wanted alias belongs to another link."""

    def __init__(self, alias: str):
        super().__init__("alias", f"{alias} is already taken")


class NoFreeCode(Exception):
    """Every random code that was tried is in use."""


def utc_now() -> str:
    """Return the time in the form that links keep."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shortener:
    """Makes links. Randomness and time are arguments so that tests can choose them."""

    def __init__(
        self,
        store: LinkStore,
        choose: codes.Choose = secrets.choice,
        now: Callable[[], str] = utc_now,
    ):
        self._store = store
        self._choose = choose
        self._now = now

    def shorten(
        self, url: str, alias: str = "", own_addresses: Collection[urls.Address] = ()
    ) -> Link:
        """Check the input and keep the new link; raise InputError where it is wrong."""
        target = urls.check_url(url, own_addresses)
        if alias.strip():
            return self._keep_alias(target, codes.check_alias(alias))
        return self._keep_random(target)

    def _keep_alias(self, target: str, alias: str) -> Link:
        try:
            return self._keep(target, alias)
        except CodeTaken:
            raise AliasTaken(alias) from None

    def _keep_random(self, target: str) -> Link:
        for _ in range(MAX_ATTEMPTS):
            code = codes.make_code(self._choose)
            if codes.is_reserved(code):
                continue
            try:
                return self._keep(target, code)
            except CodeTaken:
                continue
        raise NoFreeCode()

    def _keep(self, target: str, code: str) -> Link:
        link = Link(code=code, url=target, hits=0, created_at=self._now())
        self._store.add(link)
        return link
