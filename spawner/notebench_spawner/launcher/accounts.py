"""System accounts for people: found or made for a hub name, and removed again. Runs as root.

An account's name is `nb-<slug>-<hash>`; the hash is keyed with the installation's id, so nobody can choose a
hub name that meets another's, and two installations never meet. None is used that is not in the registry.
"""

import hmac
from dataclasses import dataclass
from pathlib import Path

from notebench.contract.errors import Conflict, Refused

from notebench_spawner.launcher import ids, registry, system
from notebench_spawner.launcher.registry import Entry, Registry
from notebench_spawner.names import folder_name, slug

LONGEST_NAME = 1000
_SLUG = 16  # with prefix and hash the 32 characters that account names may have
_TRIES = 20


@dataclass(frozen=True)
class Account:
    """A system account that Notebench has made; its group has the same number."""

    name: str
    uid: int

    @property
    def gid(self) -> int:
        return self.uid


def account_name(installation: str, user: str) -> str:
    """The account of a hub name in an installation: at most 32 characters of `[a-z0-9-]`."""
    return f"nb-{slug(user, _SLUG)}-{hmac.digest(installation.encode(), user.encode(), 'sha256').hex()[:12]}"


class Accounts:
    """The accounts of one installation."""

    def __init__(self, root: Path, first_id: int, count: int) -> None:
        """`root` is the state directory; ids come from the range that begins with `first_id`."""
        self.root = root
        self.first_id = first_id
        self.count = count

    def find(self, user: str) -> Account | None:
        """The account of a hub name that has one. Raises Refused where the system's is not ours."""
        check_name(user)
        known = registry.load(self.root)
        return self.ensure(user) if known and user in known.people else None

    def ensure(self, user: str) -> Account:
        """The account of a hub name, made if there is none. Raises Refused or OSError."""
        check_name(user)
        known = registry.load(self.root)
        if known and (entry := known.people.get(user)) and self._is_there(known, user, entry):
            return Account(entry.account, entry.uid)
        with registry.alone(self.root):
            known = registry.load(self.root) or Registry()
            name = account_name(known.installation, user)
            entry = self._make(
                known, user, known.people.get(user), name, self.root / "homes" / folder_name(user)
            )
            return Account(entry.account, entry.uid)

    def parts(self, name: str) -> Account:
        """The account of hub, service, proxy and MLflow, which must be the one that was made for them."""
        known = registry.load(self.root)
        entry = known.parts if known else None
        if known is None or entry is None or entry.account != name or not entry.made:
            raise Refused(
                "Notebench has not made the account {account} for this installation.",
                "Run `notebench up` as root, which makes it.",
                code="account-unknown",
                account=name,
            )
        if not system.is_ours(entry.account, entry.uid, known.comment):
            raise _gone(entry.account)
        return Account(entry.account, entry.uid)

    def ensure_parts(self) -> Account:
        """The same, made if there is none."""
        self.check_range()
        with registry.alone(self.root):
            known = registry.load(self.root) or Registry()
            name = f"notebench-{known.installation[:8]}"
            entry = self._make(known, None, known.parts, name, self.root)
            registry.save(self.root, known)  # now its group may read it
            return Account(entry.account, entry.uid)

    def remove(self) -> list[str]:
        """Remove every account that the registry names, the parts' own last. Answers their names.

        Nothing else: an account that is not as it was made is left, and named in the Conflict that is raised.
        """
        with registry.alone(self.root):
            known = registry.load(self.root)
            if known is None:
                return []
            removed, left = [], []
            for entry in known.entries():
                if system.is_free(entry.account, entry.uid) or system.remove(
                    entry.account, entry.uid, known.comment
                ):
                    removed.append(entry.account)
                else:
                    left.append(entry.account)
            people = {user: one for user, one in known.people.items() if one.account in left}
            parts = known.parts if known.parts and known.parts.account in left else None
            registry.save(self.root, known.model_copy(update={"people": people, "parts": parts}))
        if left:
            raise Conflict(
                "These accounts were left, because they are in use or not as Notebench made them: {left}.",
                "Look at them with `getent passwd`, and remove them with `userdel` if they are not needed.",
                code="accounts-left",
                left=", ".join(left),
            )
        return removed

    def check_range(self) -> None:
        """Raises Refused where the ids are not free for us."""
        known = registry.load(self.root)
        ids.check_range(
            self.first_id, self.count, {one.account for one in known.entries()} if known else set()
        )

    def _is_there(self, known: Registry, user: str, entry: Entry) -> bool:
        if entry.account != account_name(known.installation, user):
            raise _gone(entry.account)
        return entry.made and system.is_ours(entry.account, entry.uid, known.comment)

    def _make(self, known: Registry, user: str | None, entry: Entry | None, name: str, home: Path) -> Entry:
        """Note it, make it, note that it was made; begins where a try that was cut off has ended."""
        for _ in range(_TRIES):
            if entry is None:
                entry = self._new(known, name)
                _keep(known, user, entry)
                registry.save(self.root, known)
            if entry.account != name or not system.is_free_or_ours(name, entry.uid, known.comment):
                if entry.made or not system.name_is_free(name):
                    raise _gone(name)
                entry = None  # somebody took the number since it was noted
                continue
            system.make(name, entry.uid, known.comment, home)
            entry = entry.model_copy(update={"made": True})
            _keep(known, user, entry)
            registry.save(self.root, known)
            return entry
        raise _none_free(self.first_id, self.count)

    def _new(self, known: Registry, name: str) -> Entry:
        if not system.name_is_free(name):
            raise _gone(name)
        free = ids.of_accounts(self.first_id, self.count)
        for uid in range(max(free.start, known.next_id), free.stop):
            if system.id_is_free(uid):
                known.next_id = uid + 1
                return Entry(account=name, uid=uid)
        raise _none_free(self.first_id, self.count)


def make_parts_account(root: Path, first_id: int, count: int) -> Account:
    """The account for hub, service, proxy and MLflow, found or made. Raises Refused or OSError."""
    return Accounts(root, first_id, count).ensure_parts()


def remove_accounts(root: Path) -> list[str]:
    """Remove every account that was made for the installation at `root`, and nothing else. Answers names."""
    return Accounts(root, 0, 0).remove()


def check_name(user: str) -> None:
    """Raises Refused for what cannot be a hub name."""
    try:
        user.encode()
    except UnicodeEncodeError:
        wrong = True
    else:
        wrong = not 0 < len(user) <= LONGEST_NAME
    if wrong:
        raise Refused("A user's name is empty, too long, or no text.", "Choose another.", code="user-name")


def _keep(known: Registry, user: str | None, entry: Entry) -> None:
    if user is None:
        known.parts = entry
    else:
        known.people[user] = entry


def _gone(account: str) -> Refused:
    return Refused(
        "The system account {account} is not one that Notebench made.",
        "An administrator looks at it with `getent passwd {account}`, and removes or renames it.",
        code="account-foreign",
        account=account,
    )


def _none_free(first: int, count: int) -> Refused:
    return Refused(
        "No system id is left for another account: all of {first} to {last} were used.",
        "Give Notebench a larger range in the setting `account_ids`.",
        code="ids-used-up",
        first=first,
        last=ids.of_accounts(first, count).stop - 1,
    )
