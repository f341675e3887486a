"""A real PostgreSQL server for tests, on loopback, with a collation that orders otherwise than SQLite."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from notebench_hub.databases import Server

from tests import leaks
from tests.hub.workbench import free_ports

PASSWORD = "the-password-of-the-database-in-tests"
MISSING = "PostgreSQL is not installed here: `apt-get install postgresql` would let this run."


class Postgres:
    """The server; `start`, `kill` and `stop` may follow each other."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "data", free_ports(1)[0]
        self._log = folder / "log"
        self._account = _account(folder)
        words = folder / "password"
        words.write_text(PASSWORD)
        words.chmod(0o644)
        options = ["--auth=scram-sha-256", "--username=notebench", f"--pwfile={words}", "--encoding=UTF8"]
        options += ["--locale=C.utf8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"]
        self._run("initdb", *options, str(self.data))
        words.unlink()

    def start(self) -> None:
        """Returns when it takes connections."""
        config = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        # fsync is for power cuts, which no test makes; a killed server loses nothing without it.
        config += " -c fsync=off -c max_connections=100"
        self._run(
            "pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(self._log), "-o", config
        )

    def kill(self) -> None:
        """As if the machine had ended it: no checkpoint, no goodbye."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with _already_gone():
                os.kill(one, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{one}").exists() for one in (pid, *children)) and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-m", "fast", "-w", "-D", str(self.data))

    def database(self, like: Server | None = None) -> Server:
        """A new one: empty, or as another one is that nobody has open."""
        name = f"test_{uuid4().hex[:12]}"
        with self.connect("postgres") as connection:
            template = f' TEMPLATE "{like.address.rpartition("/")[2]}"' if like else ""
            connection.execute(f'CREATE DATABASE "{name}"{template}'.encode())
        return Server(f"postgresql://notebench@127.0.0.1:{self.port}/{name}", PASSWORD)

    def connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="notebench",
            password=PASSWORD,
            dbname=name,
            autocommit=True,
        )

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [_program(program) or program, *words],
            user=self._account,
            cwd=self.data.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, (done.stdout or b"").decode() + self._told()

    def _told(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


def available() -> bool:
    return bool(_program("initdb") and _program("pg_ctl"))


@contextmanager
def running() -> Iterator[Postgres]:
    """A server, for as long as it lasts. Its account could not go through pytest's own folders."""
    if not available():
        pytest.skip(MISSING)
    leaks.note("the password of the tests' PostgreSQL", PASSWORD)
    with tempfile.TemporaryDirectory(prefix="notebench-postgres-") as folder:
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def query(server: Server, words: str) -> list[tuple[object, ...]]:
    """What a database says, asked by somebody who is not our store."""
    with psycopg.connect(server.address, password=server.password, autocommit=True) as connection:
        cursor = connection.execute(words.encode())
        return cursor.fetchall() if cursor.description else []


def _program(name: str) -> str | None:
    if found := shutil.which(name):
        return found
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(debian[-1]) if debian else None


def _account(folder: Path) -> int | None:
    """Whose server it is: PostgreSQL refuses to be root's."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, found.pw_uid, found.pw_gid)
        return found.pw_uid
    raise AssertionError("Neither the account postgres nor nobody is here.")


@contextmanager
def _already_gone() -> Iterator[None]:
    try:
        yield
    except ProcessLookupError:
        return
