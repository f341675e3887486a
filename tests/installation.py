"""A whole installation for tests: the real command, the real four parts, a state directory of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
from ruamel.yaml import YAML

from tests import leaks

NOTEBENCH = Path(sys.executable).with_name("notebench")


class Installation:
    """Notebench on this machine, driven by its own command line as an operator would."""

    def __init__(self, state: Path, accounts: str = "shared", warm: int = 0) -> None:
        """`accounts` is stated, because the tests run as root or not, as it comes; so is `warm`, which is how
        many processes are kept ready of each kind."""
        self.state = state
        self.accounts = accounts
        self.warm = warm
        self.passwords: dict[str, str] = {}

    def command(
        self, *words: str, check: bool = True, timeout: float = 900
    ) -> subprocess.CompletedProcess[str]:
        """`notebench WORDS` against this installation."""
        environ = {k: v for k, v in os.environ.items() if k not in {"NOTEBENCH_URL", "NOTEBENCH_TOKEN"}}
        done = subprocess.run(
            [str(NOTEBENCH), *words],
            env=environ | {"NOTEBENCH_STATE_DIR": str(self.state), "LANG": "en_US.UTF-8", "LC_ALL": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if check:
            assert done.returncode == 0, f"notebench {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done

    def up(self) -> None:
        self.settle()
        self.command("up", "--detach", "--port", "0")

    def settle(self) -> None:
        """Write the settings, before the first start."""
        state_accounts(self.state, self.accounts)
        state_warm(self.state, self.warm)

    def down(self) -> None:
        """End everything; what it leaves is searched for secrets."""
        with leaks.searched(self.state):
            self.command("down", "--yes", check=False)

    def purge(self) -> None:
        """End it, and remove what it made; system accounts as well."""
        self.command("down", "--purge", "--yes", check=False)

    def status(self) -> dict[str, dict[str, Any]]:
        """What `status --json` says, by part."""
        answer = json.loads(self.command("status", "--json", check=False).stdout)
        return {part["name"]: part for part in answer["parts"]}

    @property
    def url(self) -> str:
        """Where people open it, with a slash at the end."""
        instance = json.loads((self.state / "instance.json").read_text())
        return f"http://{instance['ip']}:{instance['port']}/"

    def add_user(self, name: str) -> str:
        """Make a user with a generated password, and return it."""
        password = f"{name}-has-a-long-passphrase-{os.urandom(4).hex()}"
        done = subprocess.run(
            [str(NOTEBENCH), "user", "add", name, "--password-stdin"],
            env=os.environ | {"NOTEBENCH_STATE_DIR": str(self.state)},
            input=password + "\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        leaks.note(f"password of {name}", password)
        self.passwords[name] = password
        return password

    def add_project(self, name: str, *members: str) -> None:
        self.command("project", "add", name, *(word for member in members for word in ("--member", member)))

    def token(self, user: str) -> str:
        token = self.command("token", user).stdout.strip()
        leaks.note(f"token of {user}", token)
        return token

    def api(self, token: str, acting_for: str = "personal") -> httpx.Client:
        """A program of that token's user, at the API."""
        return httpx.Client(
            base_url=self.url + "services/notebench/api/v1/",
            headers={"Authorization": f"Bearer {token}", "Notebench-Acting-For": acting_for},
            timeout=30,
        )

    def kill(self, part: str) -> int:
        """`kill -9` one part; its process id comes back."""
        pid = int(self.status()[part]["pid"])
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_healthy(self, seconds: float = 60) -> None:
        wait_for(
            lambda: all(part["healthy"] for part in self.status().values()), seconds, "all parts healthy"
        )


def state_accounts(state: Path, accounts: str = "shared") -> None:
    """Write `accounts` into the settings of an installation, unless they say something about it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = state / "settings.yaml"
    written = file.read_text() if file.exists() else ""
    if not re.search(r"^accounts:", written, re.MULTILINE):
        file.write_text(f"{written.rstrip()}\naccounts: {accounts}\n".lstrip())


def state_warm(state: Path, count: int = 0) -> None:
    """Write into the settings of an installation how many processes are kept ready, unless they say it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = state / "settings.yaml"
    tree = YAML().load(file.read_text()) if file.exists() else {}
    for section in ("sessions", "runs"):
        tree.setdefault(section, {}).setdefault("warm", count)
    with file.open("w") as opened:
        YAML().dump(tree, opened)


T = TypeVar("T")


def wait_for(look: Callable[[], T], seconds: float, what: str, pause: float = 0.5) -> T:
    """Look until there is something to see; fails saying what was waited for and what was seen last."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"waited {seconds} s for {what}, last seen: {seen!r}"
        time.sleep(pause)
