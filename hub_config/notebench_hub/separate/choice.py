"""Whether an installation has separate accounts, and whether this machine can have them."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from notebench.contract.errors import Refused

import notebench_hub
from notebench_hub.place import Place
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file
from notebench_hub.supervisor import programs

TOOLS = ("useradd", "userdel")


def is_separate(place: Place, settings: Settings) -> bool:
    """As the settings say, else as it was begun; root begins separate ones. Raises Refused."""
    root = os.geteuid() == 0
    if place.separate and not root:
        raise Refused(
            "The installation in {place} was begun by root, with a system account for each person.",
            "Start it as root.",
            code="accounts-need-root",
            place=place.root,
        )
    match settings.accounts:
        case "separate" if not root:
            raise Refused(
                "{file} says `accounts: separate`, and only root can give people system accounts.",
                "Start Notebench as root, or say `accounts: shared`.",
                code="accounts-need-root",
                file=place.settings_file,
            )
        case "shared" if place.separate:
            raise Refused(
                "{file} says `accounts: shared`, but files in {place} belong to people's system accounts.",
                "Say `accounts: separate`, or restore a backup into another directory and share there.",
                code="accounts-separate-already",
                file=place.settings_file,
                place=place.root,
            )
        case None:
            return place.separate or (root and _began_separate(place))
        case chosen:
            return chosen == "separate"


def _began_separate(place: Place) -> bool:
    """Whether it is new, or was separate where its backup was made."""
    try:
        return place.instance().separate
    except FileNotFoundError:
        return True
    except ValueError:  # cut short by a crash
        return False


def check(place: Place, settings: Settings) -> None:
    """Raises Refused where this machine, or where things lie on it, does not allow separate accounts."""
    missing = [name for name in TOOLS if shutil.which(name, path=_path()) is None]
    if missing or not sys.platform.startswith("linux"):
        raise Refused(
            "System accounts for people cannot be made here: {missing} is missing.",
            "Install it (in Debian the package `passwd`), or say `accounts: shared` in {file}.",
            code="accounts-no-tools",
            missing=", ".join(missing) or "Linux",
            file=place.settings_file,
        )
    for what in _must_be_open(place, settings):
        if folder := closed_at(what):
            raise Refused(
                "People's accounts cannot reach {what}, because {folder} is closed to them.",
                "Move it where every account may go, for example below /opt (the state directory below "
                "/var/lib), or say `accounts: shared` in {file}.",
                code="accounts-closed-folder",
                what=what,
                folder=folder,
                file=place.settings_file,
            )


def _must_be_open(place: Place, settings: Settings) -> Iterator[Path]:
    """What the parts or people's processes execute or read, and what lies around their files."""
    yield Path(sys.executable)
    yield Path(notebench_hub.__file__)
    yield programs.node()
    yield programs.proxy() / "package.json"
    yield catalogue_file(settings)
    if not place.separate:
        yield place.root.parent / "x"


def closed_at(file: Path) -> Path | None:
    """The first place on the way to a file that other accounts cannot pass or read; None where they can."""
    for path in (file.absolute(), file.resolve()):
        for folder in reversed(path.parents):
            if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
                return folder
    if file.exists() and not file.stat().st_mode & stat.S_IROTH:
        return file
    return None


def _path() -> str:
    """Administration tools are not on everybody's PATH."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
