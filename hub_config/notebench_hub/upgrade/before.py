"""The backup that is made before an upgrade, and the upgrade."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from notebench.contract.errors import NotebenchError, Unavailable

from notebench_hub.backup.contents import BACKUPS
from notebench_hub.backup.write import Wish, write
from notebench_hub.databases import on_servers
from notebench_hub.place import Place
from notebench_hub.settings import load
from notebench_hub.supervisor.claim import STATE_FORMAT, written_by
from notebench_hub.upgrade.migrate import migrate
from notebench_hub.upgrade.revisions import older

KEPT = 3
"""So many of these backups are kept; the oldest ones go when a new one is whole."""

_PREFIX = "before-upgrade-"


@dataclass(frozen=True)
class Upgraded:
    """What was done."""

    names: list[str]
    """Parts whose databases were migrated."""
    backup: Path | None


def bring_up_to_date(
    place: Place, tell: Callable[[str, float], None], *, catalogue: Path | None = None, backup: bool = True
) -> Upgraded | None:
    """Back up and migrate a state of an older version; None where it is of this one.

    To be called with the state directory claimed and no part running. Raises Refused for a state of a newer
    version, and Unavailable where there is no room for the backup or a migration fails; the state is then as
    it was.
    """
    before = written_by(place)
    databases = older(place)
    if not databases and (before is None or before.state_format >= STATE_FORMAT):
        return None
    file = _back_up(place, tell, catalogue) if backup else None
    migrate(place, databases, file)
    return Upgraded(sorted({database.name for database in databases}), file)


def _back_up(place: Place, tell: Callable[[str, float], None], catalogue: Path | None) -> Path:
    """Databases, settings and secrets. Artifacts and people's files stay: no migration touches them."""
    folder = place.root / BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(".*"):  # by an upgrade that was killed; nobody else writes here now
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    file = folder / f"{_PREFIX}{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}.tar"
    try:
        write(
            place, file, Wish(artifacts=False, catalogue=catalogue, elsewhere=on_servers(load(place))), tell
        )
    except NotebenchError as error:
        raise Unavailable(
            "This state is of an older version, and there could be no backup before its upgrade: {reason}",
            "Make room. Or make a backup elsewhere with `notebench backup FILE`, and go on without one here: "
            "`notebench up --without-backup`.",
            code="upgrade-without-backup",
            reason=error.problem().message,
        ) from error
    for old in sorted(folder.glob(f"{_PREFIX}*.tar"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return file
