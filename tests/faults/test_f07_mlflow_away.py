"""F7: MLflow away, hanging or answering 500: its own panels say so, everything else stays as quick as ever.

`tests/gateway/test_away.py` does the same to notebooks that log, with a real MLflow; the panels themselves
are looked at in `tests/panels`.
"""

import concurrent.futures
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebench_hub.place import Place

from tests.bench import Bench
from tests.faults.conftest import limit

OTHERS = ("runs", "schedules", "deployments", "sessions", "me")
ITS_OWN = ("experiments", "models")
BODY = b'{"error_code": "INTERNAL_ERROR", "message": "the disk of MLflow is broken"}'
ANSWER = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY
)


@contextlib.contextmanager
def ill(place: Path, kind: str) -> Iterator[None]:
    """What stands at MLflow's socket: nothing, somebody who never answers, or one who answers 500."""
    place.unlink(missing_ok=True)
    if kind == "away":
        yield
        return
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen(200)
    opened: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            opened.append(connection)
            if kind == "answers-500":
                threading.Thread(target=refuse, args=(connection,), daemon=True).start()

    def refuse(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(ANSWER)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in opened:
            connection.close()
        place.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    one = Bench(tmp_path_factory.mktemp("f07") / "state")
    one.up(features="all")
    yield one
    one.down()


@pytest.mark.parametrize("kind", ["away", "hangs", "answers-500"])
def test_the_other_panels_answer_and_its_own_say_so(service: Bench, kind: str) -> None:
    def ask(path: str) -> tuple[str, int, float, str, str]:
        begin = time.monotonic()
        with service.client() as client:
            answer = client.get(path, timeout=60)
        took = time.monotonic() - begin
        return path, answer.status_code, took, answer.text, answer.headers.get("Retry-After", "")

    with (
        ill(Place(service.root).mlflow_socket, kind),
        concurrent.futures.ThreadPoolExecutor(30) as pool,
    ):
        asking = [pool.submit(ask, path) for path in ITS_OWN * 10]
        time.sleep(0.3)
        usual = [ask(path) for path in OTHERS]
        assert [one[:2] for one in usual] == [(path, 200) for path in OTHERS]
        slowest = max(one[2] for one in usual)
        for one in asking:
            path, status, _, text, later = one.result()
            assert (status, bool(later)) == (503, True), (path, text)
            assert "MLflow" in text
        own = max(one.result()[2] for one in asking)
        print(f"{kind}: others within {slowest:.2f} s, its own say so within {own:.1f} s")
        assert slowest < limit(3)
        assert own < limit(20)
        with service.client() as client:
            health = client.get(f"{service.base}/health").json()
        assert not health["healthy"]
        assert "MLflow" in str(health["parts"])
