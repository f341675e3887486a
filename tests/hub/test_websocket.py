"""The websocket by which `notebench doctor` sees whether websockets reach the hub, through a real proxy."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from notebench_hub.doctor.sockets import knock

from .workbench import Workbench


@pytest.fixture
def deaf(bench: Workbench) -> Iterator[str]:
    """An ingress that passes everything on but `Upgrade`."""

    class Passes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            got = httpx.get(bench.url.rstrip("/") + self.path, trust_env=False)
            self.send_response(got.status_code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passes)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


async def test_it_opens_for_everybody_and_says_nothing(bench: Workbench) -> None:
    assert (await knock(bench.url)).status == 101
    plain = httpx.get(bench.url + "hub/notebench/websocket", trust_env=False)
    assert plain.status_code == 400


async def test_an_ingress_without_websockets_is_seen(deaf: str) -> None:
    assert (await knock(deaf)).status == 400


async def test_what_is_no_address_is_said(bench: Workbench) -> None:
    assert (await knock("notebench.example")).problem
    assert (await knock("ftp://notebench.example")).problem
