"""What `up` says while it upgrades a state of an older version."""

from notebench_hub.cli.edge import say
from notebench_hub.cli.steps import Telling
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.settings import Settings
from notebench_hub.upgrade import bring_up_to_date


def upgrade_state(place: Place, settings: Settings, steps: Telling, *, backup: bool) -> None:
    """Back up and migrate what an older version wrote; nothing where it is of this one."""

    def tell(file: str, part: float) -> None:
        steps.say(_("Backing up before the upgrade: {file}", file=file.rsplit("/", 1)[-1]), part)

    done = bring_up_to_date(place, tell, catalogue=settings.catalogue, backup=backup)
    if done is None:
        return
    if done.names:
        say(_("Brought to this version: the databases of {parts}.", parts=", ".join(done.names)))
    if done.backup:
        say(_("The backup of before: {file}", file=done.backup))
