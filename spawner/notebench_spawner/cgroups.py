"""The kernel's own limits: one control group per workload, in version 1 or 2 of their interface.

Standard library only: the shim loads this with an interpreter's `-I -S`. No library was taken because the
well-kept ones (systemd's D-Bus interface, runc's) need a service manager or another language beside them.

Groups lie in `notebench-<installation>`, as high in the tree as one may go without leaving a limit that
holds the starter: who starts Notebench inside a container or a service never gets more than that one has.
"""

import os
import signal
import time
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

CONTROLLERS = ("memory", "pids", "cpu")
_PERIOD = 100_000  # microseconds over which a share of processor time is counted
_ENDLESS = 1 << 60  # version 1 writes "no limit" as a number above this
_PARTS = "notebench-parts"
_LIMIT_FILES = {
    1: {"memory": "memory.limit_in_bytes", "pids": "pids.max", "cpu": "cpu.cfs_quota_us"},
    2: {"memory": "memory.max", "pids": "pids.max", "cpu": "cpu.max"},
}


# Plain classes: `dataclasses` takes longer to import than the rest of the shim together.
class Tree:
    """One hierarchy of control groups, and where in it this process is."""

    def __init__(self, version: int, mount: Path, own: Path, controllers: frozenset[str]) -> None:
        self.version = version
        self.mount = mount
        self.own = own
        self.controllers = controllers

    def open_places(self) -> list[Path]:
        """From high to low: the groups above ours that no limit separates from us."""
        found = []
        for group in (self.own, *self.own.parents):
            found.append(group)
            if group == self.mount or any(_limited(group, self.version, one) for one in self.controllers):
                break
        return found[::-1]


class Base:
    """The directories below which an installation's groups lie, by controller."""

    def __init__(self, places: dict[str, Path], version: dict[str, int]) -> None:
        self.places = places
        self.version = version

    def leftovers(self) -> set[str]:
        """Names of all groups there are, whoever made them."""
        return {entry.name for place in set(self.places.values()) for entry in _groups(place)}

    def remove(self) -> None:
        """Remove the directories where no group is left in them."""
        for place in set(self.places.values()):
            _removed(place)

    def group(self, name: str) -> "Group":
        """The group of one workload; not made yet."""
        return Group({one: place / name for one, place in self.places.items()}, self.version)


def installation(workloads: Path) -> str:
    """The name of the group of groups of one installation, which its directory of workloads tells apart."""
    return f"notebench-{zlib.crc32(str(workloads.absolute()).encode()):08x}"


def find(name: str, wanted: Collection[str] = CONTROLLERS, proc: Path = Path("/proc/self")) -> Base:
    """Where groups can be made here, made where needed; empty where the kernel lets us make none."""
    places: dict[str, Path] = {}
    version: dict[str, int] = {}
    for tree in trees(wanted, proc):
        for controller, place in _usable(tree, name).items():
            places.setdefault(controller, place)
            version.setdefault(controller, tree.version)
    return Base(places, version)


def trees(wanted: Collection[str] = CONTROLLERS, proc: Path = Path("/proc/self")) -> list[Tree]:
    """The hierarchies that are mounted here and carry one of these controllers."""
    try:
        memberships = [line.split(":", 2) for line in (proc / "cgroup").read_text().splitlines()]
        mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
    except OSError:
        return []
    found = []
    for _number, names, path in memberships:
        for words in mounts:
            tree = _tree(words, names, path, frozenset(wanted))
            if tree and tree.controllers:
                found.append(tree)
                break
    return found


def _tree(mount: list[str], names: str, path: str, wanted: frozenset[str]) -> Tree | None:
    """The hierarchy that a line of `mountinfo` is about, if a line of `cgroup` is about the same."""
    dash = mount.index("-")
    kind, options, root, point = mount[dash + 1], mount[dash + 3], mount[3], Path(mount[4])
    relative = path[len(root) :] if root != "/" and path.startswith(root) else path
    own = point / relative.strip("/") if ".." not in relative.split("/") else point
    own = own if own.is_dir() else point
    if not names and kind == "cgroup2":
        return Tree(2, point, own, frozenset(_words(own / "cgroup.controllers")) & wanted)
    if names and kind == "cgroup" and set(names.split(",")) <= set(options.split(",")):
        return Tree(1, point, own, frozenset(names.split(",")) & wanted)
    return None


def _usable(tree: Tree, name: str) -> dict[str, Path]:
    """For each controller of a hierarchy, a place of our name where groups can be made."""
    for place in tree.open_places():
        base = place / name
        offered = tree.controllers if tree.version == 1 else _handed_down(tree, place)
        if not offered or not _make(base):
            continue
        if tree.version == 2:
            offered &= _hand_down(base, offered)
        if offered:
            return dict.fromkeys(offered, base)
    return {}


def _handed_down(tree: Tree, place: Path) -> frozenset[str]:
    """What groups directly below can limit, in version 2; asks for it first."""
    offered = _hand_down(place, tree.controllers)
    if offered or place != tree.own or place == tree.mount or not os.access(place, os.W_OK):
        return offered
    # A service that was handed its group (systemd's Delegate=yes): processes must be in leaves only.
    parts = place / _PARTS
    if _make(parts):
        for pid in _words(place / "cgroup.procs"):
            _put(parts / "cgroup.procs", pid)
        offered = _hand_down(place, tree.controllers)
    return offered


def _hand_down(place: Path, wanted: frozenset[str]) -> frozenset[str]:
    for controller in sorted(wanted - set(_words(place / "cgroup.subtree_control"))):
        _put(place / "cgroup.subtree_control", f"+{controller}")
    return wanted & set(_words(place / "cgroup.subtree_control"))


def _make(directory: Path) -> bool:
    """Make a group where there is none; whether processes can be put into groups below it."""
    try:
        directory.mkdir(mode=0o755, exist_ok=True)
    except OSError:
        return False
    return os.access(directory, os.W_OK)


class Group:
    """The control group of one workload: limits, members, and what happened at the limits."""

    def __init__(self, places: dict[str, Path], version: dict[str, int]) -> None:
        self.places = places
        self.version = version

    def limit(self, controller: str, amount: float) -> bool:
        """Make the group and set a limit: bytes, processes, or cores. False where that is not possible."""
        place = self.places.get(controller)
        if place is None or not _make(place):
            return False
        done = _put(
            place / _LIMIT_FILES[self.version[controller]][controller], self._words(controller, amount)
        )
        if controller == "memory":  # swap is no way around; many machines have none, and then no such file
            self._no_swap(place, amount)
        if controller == "cpu":
            self._weigh(place, amount)
        return done

    def _words(self, controller: str, amount: float) -> str:
        if controller != "cpu":
            return str(int(amount))
        quota = max(1000, int(amount * _PERIOD))
        return str(quota) if self.version["cpu"] == 1 else f"{quota} {_PERIOD}"

    def _no_swap(self, place: Path, amount: float) -> None:
        if self.version["memory"] == 1:
            _put(place / "memory.memsw.limit_in_bytes", str(int(amount)))
        else:
            _put(place / "memory.swap.max", "0")

    def _weigh(self, place: Path, cores: float) -> None:
        """Where everybody wants more than there is, shares follow the profiles."""
        if self.version["cpu"] == 1:
            _put(place / "cpu.shares", str(max(2, int(1024 * cores))))
            _put(
                place / "cpu.cfs_burst_us", str(int(cores * _PERIOD))
            )  # what was saved up lets a click be quick
        else:
            _put(place / "cpu.weight", str(min(10_000, max(1, int(100 * cores)))))
            _put(place / "cpu.max.burst", str(int(cores * _PERIOD)))

    def enter(self, pid: int) -> None:
        """Put a process in, and what it starts from now on. Raises OSError."""
        for place in set(self.places.values()):
            if place.is_dir():
                (place / "cgroup.procs").write_text(str(pid))

    def members(self) -> list[int]:
        """All processes in it."""
        found: set[int] = set()
        for place in set(self.places.values()):
            found.update(int(word) for word in _words(place / "cgroup.procs"))
        return sorted(found)

    def used(self, controller: str) -> int:
        """Bytes or processes (threads count) at this moment; 0 where nobody counts them."""
        old = self.version.get(controller) == 1 and controller == "memory"
        name = "memory.usage_in_bytes" if old else f"{controller}.current"
        place = self.places.get(controller)
        words = _words(place / name) if place else []
        return int(words[0]) if words else 0

    def killed(self) -> int:
        """How many processes the kernel has ended here because memory was used up."""
        return self._count(
            "memory", "memory.oom_control" if self.version.get("memory") == 1 else "memory.events"
        )

    def refused(self) -> int:
        """How many times the kernel has refused a new process or thread here."""
        return self._count("pids", "pids.events")

    def _count(self, controller: str, name: str) -> int:
        place = self.places.get(controller)
        words = _words(place / name) if place else []
        key = "max" if controller == "pids" else "oom_kill"
        return int(words[words.index(key) + 1]) if key in words else 0

    def remove(self, seconds: float = 2.0) -> bool:
        """Kill what is in it and remove it. False where something does not go."""
        until = time.monotonic() + seconds
        while True:
            for pid in self.members():
                _kill(pid)
            left = [place for place in set(self.places.values()) if not _removed(place)]
            if not left or time.monotonic() > until:
                return not left
            time.sleep(0.02)


def _limited(group: Path, version: int, controller: str) -> bool:
    words = _words(group / _LIMIT_FILES[version].get(controller, ""))
    if not words or words[0] in ("max", "-1"):
        return False
    return controller != "memory" or int(words[0]) < _ENDLESS


def _groups(place: Path) -> Iterator[Path]:
    try:
        yield from (entry for entry in place.iterdir() if entry.is_dir())
    except OSError:
        return


def _removed(place: Path) -> bool:
    try:
        place.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # a process in it is still ending
        return False
    return True


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except (OSError, ValueError):
        return []


def _put(file: Path, text: str) -> bool:
    """Write what the kernel may refuse."""
    try:
        # Not `write_text`: where there is no such file, none must be made.
        descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(descriptor, text.encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return
