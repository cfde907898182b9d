"""What several tests need: a running server, a client and a small HTML reader."""
from __future__ import annotations

import http.client
import threading
import unittest
from html.parser import HTMLParser
from pathlib import Path
from typing import Mapping, NamedTuple, Optional

from backend.server import Server
from backend.site import load_site

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"


class Answer(NamedTuple):
    """What the server sent back."""

    status: int
    headers: Mapping[str, str]
    text: str


class ServerTest(unittest.TestCase):
    """Starts a server of its own for each test, which serves the folder."""

    folder = FRONTEND

    def setUp(self) -> None:
        self.server = Server(("127.0.0.1", 0), load_site(self.folder))
        self.port = self.server.server_port
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def send(self, method: str, path: str, headers: Optional[dict] = None, body: Optional[bytes] = None) -> Answer:
        """Send one request and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def get(self, path: str, headers: Optional[dict] = None) -> Answer:
        """Fetch a path."""
        return self.send("GET", path, headers)


class Element:
    """One element of a page: its name, its attributes, all the text inside it, and what it stands in."""

    def __init__(self, name: str, attributes: Mapping[str, Optional[str]], parents: list[Element]) -> None:
        self.name = name
        self.attributes = attributes
        self.parents = parents
        self.text = ""


class Page(HTMLParser):
    """Reads a page into a list of elements."""

    VOID = {"meta", "link", "img", "path"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        element = Element(tag, dict(attrs), list(self._open))
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag) -> None:
        if tag not in self.VOID:
            self._open.pop()

    def handle_data(self, data) -> None:
        for element in self._open:
            element.text += data

    def all(self, name: str) -> list[Element]:
        """Return every element with this name."""
        return [element for element in self.elements if element.name == name]

    def ids(self) -> list[str]:
        """Return every id on the page."""
        return [element.attributes["id"] for element in self.elements if "id" in element.attributes]
