"""Starts a server on a free port for one test and sends it requests."""

import http.client
import json
import threading
from dataclasses import dataclass
from typing import Mapping
from urllib.parse import urlencode

from backend.server import Server
from backend.web import Router


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    headers: Mapping
    text: str

    def json(self):
        return json.loads(self.text)


class Client:
    """Sends requests to one server. Redirects are not followed."""

    def __init__(self, port):
        self.port = port

    def send(self, method, path, body=None, headers=None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read().decode("utf-8"))
        finally:
            connection.close()

    def get(self, path) -> Reply:
        return self.send("GET", path)

    def send_json(self, method, path, value) -> Reply:
        return self.send(method, path, json.dumps(value), {"Content-Type": "application/json"})

    def post_form(self, path, fields, headers=None) -> Reply:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(fields), {**form, **(headers or {})})


def serve(test, routes) -> Client:
    """Serve the routes until the test is over."""
    server = Server("127.0.0.1", 0, Router(routes))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    test.addCleanup(thread.join)
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return Client(server.server_port)
