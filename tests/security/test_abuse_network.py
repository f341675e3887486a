"""Abuse 14: what a model's code reaches of the network, as root starts it and as another account does."""

import http.server
import json
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebench_spawner import enclosure

from tests.limits.held import Bench, until

CODE = """
import json, socket, sys, urllib.request
open_, other, abstract = {open_}, {other}, {abstract!r}

def reached(family, address):
    with socket.socket(family) as asking:
        asking.settimeout(5)
        try:
            asking.connect(address)
        except OSError as error:
            return type(error).__name__ + ": " + str(error)
        return "reached"

def resolved():
    try:
        return socket.getaddrinfo("example.org", 80)[0][4][0]
    except OSError as error:
        return type(error).__name__

bodies = []
for size in (10, 300_000):
    request = urllib.request.Request(f"http://127.0.0.1:{{open_}}/x", data=b"a" * size)
    bodies.append(len(urllib.request.urlopen(request, timeout=20).read()))
print(json.dumps({{
    "bodies": bodies,
    "other port": reached(socket.AF_INET, ("127.0.0.1", other)),
    "metadata": reached(socket.AF_INET, ("169.254.169.254", 80)),
    "outside": reached(socket.AF_INET, ("192.0.2.1", 443)),
    "outside, version 6": reached(socket.AF_INET6, ("2001:db8::1", 443)),
    "abstract": reached(socket.AF_UNIX, abstract),
    "name": resolved(),
    "devices": sorted(name for _, name in socket.if_nameindex()),
}}))
"""


class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two servers on loopback: the one that is meant, and another."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) for _ in range(2)]
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield servers[0].server_port, servers[1].server_port
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.fixture(params=["as it comes", "as another account"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    measured = request.param == "as another account"
    if measured and os.geteuid() != 0:
        pytest.skip("only root can start something as another account")
    if not measured and not enclosure.possible():
        pytest.skip("this kernel gives this account no network of its own; root, or user namespaces, would")
    # Not below pytest's own directory: other accounts cannot enter that.
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="notebench-network-") as folder:
        Path(folder).chmod(0o755)
        made = Bench(Path(folder) / "bench", measured=measured)
        try:
            yield made
        finally:
            made.close()


def test_abuse_14_a_model_server_reaches_one_port_and_nothing_else(
    bench: Bench, ports: tuple[int, int]
) -> None:
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0notebench-test-{os.getpid()}")
        abstract.listen(1)
        code = CODE.format(open_=ports[0], other=ports[1], abstract=abstract.getsockname().decode())
        one = bench.start("closed", code, only_port=ports[0])
        assert one.end().code == 0, one.output
    said = json.loads(one.output.splitlines()[-1])
    assert said.pop("bodies") == [10, 300_000]
    assert said.pop("devices") == ["lo"]
    assert said.pop("name") == "gaierror"
    assert "reached" not in said.values(), said


def test_with_the_setting_open_it_reaches_what_the_machine_reaches(
    bench: Bench, ports: tuple[int, int]
) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', {})).close(); print('reached')"
    one = bench.start("open", code.format(ports[1]))
    assert one.end().code == 0, one.output
    assert "reached" in one.output


def test_nobody_at_the_port_is_a_connection_that_ends(bench: Bench, ports: tuple[int, int]) -> None:
    code = (
        "import socket, sys; c = socket.create_connection(('127.0.0.1', {})); c.settimeout(10); "
        "sys.exit(len(c.recv(1)))"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = bench.start("nobody", code.format(port), only_port=port)
    assert one.end().code == 0, one.output
    until(lambda: one.process.poll() is not None)
