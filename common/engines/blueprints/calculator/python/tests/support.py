"""What several tests need: a running server, a client and a small HTML reader."""
from __future__ import annotations

import http.client
import json
import threading
import unittest
from html.parser import HTMLParser
from typing import Any, Mapping, NamedTuple, Optional
from urllib.parse import urlencode

from backend.app import App
from backend.history import History
from backend.server import Server


class Answer(NamedTuple):
    """What the server sent back."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.text)


class ServerTest(unittest.TestCase):
    """Starts a server of its own for each test."""

    def setUp(self) -> None:
        self.server = Server(("127.0.0.1", 0), App(History()))
        self.port = self.server.server_port
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def send(self, method: str, path: str, body: Optional[bytes] = None, headers: Optional[dict] = None) -> Answer:
        """Send one request and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """Fetch a path."""
        return self.send("GET", path)

    def calculate(self, expression: Any) -> Answer:
        """Send an expression to the API."""
        body = json.dumps({"expression": expression}).encode()
        return self.send("POST", "/api/calculate", body, {"Content-Type": "application/json"})

    def post_form(self, path: str, fields: Mapping[str, str], headers: Optional[dict] = None) -> Answer:
        """Post a form the way a browser does."""
        content_type = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(fields).encode(), {**content_type, **(headers or {})})


class Element:
    """One element of a page: its name, its attributes and all the text inside it."""

    def __init__(self, name: str, attributes: Mapping[str, Optional[str]]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""


class Page(HTMLParser):
    """Reads a page into a list of elements."""

    VOID = {"meta", "link", "input", "br", "img"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag) -> None:
        self._open.pop()

    def handle_data(self, data) -> None:
        for element in self._open:
            element.text += data

    def all(self, name: str) -> list[Element]:
        """Return every element with this name."""
        return [element for element in self.elements if element.name == name]

    def by_id(self, identifier: str) -> Element:
        """Return the one element with this id."""
        [element] = [element for element in self.elements if element.attributes.get("id") == identifier]
        return element
