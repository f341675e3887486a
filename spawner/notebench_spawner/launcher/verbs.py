"""What the launcher does for each verb: checks what it is told, then works as the account that it is for.

Each runs in a process of its own, which is gone afterwards: `_become` is for good. What the caller says is
taken for a wish, never for a fact: accounts come from the registry, places from the command line.
"""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from notebench_spawner import beneath, identity, limits, processes
from notebench_spawner.catalogue.layers import ensure_layer
from notebench_spawner.launcher import checks, folders, ready, starting, tidying
from notebench_spawner.launcher.accounts import Account, Accounts
from notebench_spawner.launcher.checks import Words
from notebench_spawner.launcher.installation import Installation
from notebench_spawner.listeners import listens
from notebench_spawner.sessions.homes import prepare_home
from notebench_spawner.workload import Kind

Answer = tuple[Any, Sequence[int]]
_NOTHING: Answer = (None, ())


class Desk:
    """One request's view of the installation."""

    def __init__(self, installation: Installation, parts: Account) -> None:
        self.installation = installation
        self.parts = parts
        self.accounts = Accounts(installation.root, installation.first_id, installation.ids)

    # Processes

    def launch(self, words: Words) -> Answer:
        wanted = checks.wanted(words, self.installation)
        account = self._at_home(wanted.workload.user)
        record = starting.launch(self.installation, wanted, account, self.parts)
        return record.model_dump(mode="json"), ()

    def ask_to_end(self, words: Words) -> Answer:
        processes.ask_to_end(self.installation.workloads / checks.workload_id(words))
        return _NOTHING

    def end_leftovers(self, words: Words) -> Answer:
        for one in checks.workload_ids(words):
            noted = processes.read_note(self.installation.workloads / one)
            owner = self.accounts.find(noted.user) if noted else None
            if owner:
                processes.end_leftovers({one}, accounts={owner.uid})
        return _NOTHING

    def settle(self, words: Words) -> Answer:
        one = checks.workload_id(words)
        with starting.locked(self.installation.workloads / one, self.parts.gid) as folder:
            if not processes.fence(folder, self.parts.gid):
                return False, ()
        limits.prepare(self.installation.workloads)
        self.end_leftovers({"workloads": [one]})
        return True, ()

    def forget(self, words: Words) -> Answer:
        tidying.forget(self.installation, checks.workload_id(words))
        return _NOTHING

    def listens(self, words: Words) -> Answer:
        record = processes.read_handle(self.installation.workloads / checks.workload_id(words))
        return record is not None and listens(record.pid, checks.port(words)), ()

    def keep_ready(self, words: Words) -> Answer:
        return ready.tell(self.installation.keeper, checks.wish(words)), ()

    # What must be there before a start

    def prepare_home(self, words: Words) -> Answer:
        user = checks.user(words)
        self._become(self._at_home(user))
        prepare_home(self.installation.home(user), self.installation.tour)
        return _NOTHING

    def prepare_layer(self, words: Words) -> Answer:
        workload = checks.workload(words, self.installation, command=False)
        self._become(self._at_home(workload.user))
        ensure_layer(workload.home, workload.acting_for, workload.image, self.installation.environments)
        return _NOTHING

    def make_runtime(self, words: Words) -> Answer:
        one, kind = checks.workload_id(words), checks.kind(words)
        account = self.accounts.ensure(checks.user(words))
        # A model server's socket must be within our reach: what it makes there gets the group of the parts.
        reachable = kind is Kind.model_server
        group, mode = (self.parts.gid, 0o2710) if reachable else (account.gid, 0o700)
        folders.give(checks.runtime(self.installation, one), account, group, mode)
        return _NOTHING

    def remove_runtime(self, words: Words) -> Answer:
        tidying.remove_private(self.installation, checks.workload_id(words))
        return _NOTHING

    # Files

    def find_file(self, words: Words) -> Answer:
        home = self._in_home(words)
        return str(beneath.find_file(home, checks.path(words))), ()

    def open_file(self, words: Words) -> Answer:
        home = self._in_home(words)
        return None, [beneath.open_file(home, checks.path(words))]

    def make_folder(self, words: Words) -> Answer:
        user = checks.user(words)
        self._become(self._at_home(user))
        beneath.make_folder(self.installation.home(user), checks.path(words))
        return _NOTHING

    def remove_tree(self, words: Words) -> Answer:
        home = self._in_home(words)
        beneath.remove_tree(home, checks.path(words))
        return _NOTHING

    # Whose rights

    def _at_home(self, user: str) -> Account:
        """The account of a user, made with its home where there is none."""
        account = self.accounts.ensure(user)
        folders.give(self.installation.home(user), account, account.gid, 0o700, adopt=True)
        return account

    def _in_home(self, words: Words) -> Path:
        """Become the user of a home that is there, and answer the home. Raises FileNotFoundError."""
        user = checks.user(words)
        home, account = self.installation.home(user), self.accounts.find(user)
        if account is None and _is_roots(home):
            account = self._at_home(user)
        if account is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(home))
        self._become(account)
        return home

    def _become(self, account: Account) -> None:
        identity.become(account.uid, account.gid)


def _is_roots(home: Path) -> bool:
    """Whether it is there and nobody's yet, as after a restore."""
    try:
        return home.lstat().st_uid == 0
    except OSError:
        return False


VERBS: Mapping[str, Callable[[Desk, Words], Answer]] = {
    "launch": Desk.launch,
    "ask_to_end": Desk.ask_to_end,
    "end_leftovers": Desk.end_leftovers,
    "settle": Desk.settle,
    "forget": Desk.forget,
    "listens": Desk.listens,
    "keep_ready": Desk.keep_ready,
    "prepare_home": Desk.prepare_home,
    "prepare_layer": Desk.prepare_layer,
    "make_runtime": Desk.make_runtime,
    "remove_runtime": Desk.remove_runtime,
    "find_file": Desk.find_file,
    "open_file": Desk.open_file,
    "make_folder": Desk.make_folder,
    "remove_tree": Desk.remove_tree,
}
