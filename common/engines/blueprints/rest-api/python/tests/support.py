"""Helpers of the tests: a running server, a small HTTP client and a reader of HTML."""

import json
import tempfile
import threading
import unittest
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from typing import Dict, List, Optional

from backend import web
from backend.routes import Application
from backend.store import RecordStore
from tests.examples import COLLECTION

VOID_TAGS = {"img", "input", "link", "meta"}


@dataclass
class Reply:
    """What the server answered."""

    status: int
    headers: Dict[str, str]
    body: bytes

    def json(self):
        """The body as a JSON document."""
        return json.loads(self.body)

    def page(self) -> "Element":
        """The body as a tree of elements."""
        return read_html(self.body.decode())


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: Dict[str, str]
    children: List["Element"] = field(default_factory=list)
    texts: List[str] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> List["Element"]:
        """Every element below this one with the tag and the attributes."""
        found = []
        for child in self.children:
            wanted = {name.rstrip("_"): value for name, value in attributes.items()}
            if child.tag == tag and wanted.items() <= child.attributes.items():
                found.append(child)
            found.extend(child.all(tag, **attributes))
        return found

    def one(self, tag: str, **attributes: str) -> "Element":
        """The only such element."""
        found = self.all(tag, **attributes)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} elements {tag} {attributes}, expected 1")
        return found[0]

    @property
    def text(self) -> str:
        """The text inside this element with single spaces."""
        return " ".join("".join(self.texts).split())


class TreeBuilder(HTMLParser):
    """Builds elements and complains about tags that are not closed."""

    def __init__(self):
        super().__init__()
        self.open = [Element("document", {})]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID_TAGS:
            self.open.append(element)

    def handle_endtag(self, tag):
        element = self.open.pop()
        if element.tag != tag:
            raise AssertionError(f"</{tag}> closes <{element.tag}>")

    def handle_data(self, data):
        for element in self.open:
            element.texts.append(data)


def read_html(text: str) -> Element:
    """Parse a page; raise AssertionError when its tags do not match."""
    builder = TreeBuilder()
    builder.feed(text)
    builder.close()
    if len(builder.open) != 1:
        raise AssertionError(f"<{builder.open[-1].tag}> is never closed")
    return builder.open[0]


class ServerCase(unittest.TestCase):
    """A fresh server with an empty store for each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data_dir = Path(folder.name)
        self.start()

    def start(self) -> None:
        """Start a server on a free port over the data folder."""
        store = RecordStore(self.data_dir)
        server = web.Server("127.0.0.1", 0)
        self.port = server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        server.application = Application(store)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._running = (server, thread, store)
        self.addCleanup(self.stop)

    def stop(self) -> None:
        """Stop the server; a second call does nothing."""
        if self._running is None:
            return
        server, thread, store = self._running
        self._running = None
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Optional[Dict[str, str]] = None,
    ) -> Reply:
        """Send one request over a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            lower_case = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, lower_case, reply.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        """Fetch a path."""
        return self.request("GET", path)

    def send_json(self, method: str, path: str, document: object) -> Reply:
        """Send a JSON document."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self.request(method, path, json.dumps(document).encode(), headers)

    def create(self, *documents: dict) -> Reply:
        """Create records and return the last answer."""
        for document in documents:
            reply = self.send_json("POST", COLLECTION, document)
            self.assertEqual(reply.status, 201, reply.body)
        return reply
