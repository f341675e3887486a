"""A real object store for tests, on loopback: it checks signatures, and its buckets are folders."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests import leaks
from tests.hub.workbench import free_ports, wait_for

KEY_ID = "notebench-tests"
KEY = "the-access-key-of-the-object-store-in-tests"


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """Its address; the buckets are in `folder`."""
    program = shutil.which("rclone", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath]))
    assert program, "rclone is a dependency of the tests"
    leaks.note("the access key of the tests' object store", KEY)
    [port] = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    with (folder.parent / "object-store.log").open("wb") as log:
        running = subprocess.Popen(
            [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", str(folder)],
            env={"RCLONE_AUTH_KEY": f'"{KEY_ID},{KEY}"', "HOME": str(folder.parent)},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: _answers(address), 60)
            yield address
        finally:
            running.terminate()
            running.wait(20)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).status_code < 500
    except httpx.HTTPError:
        return False
