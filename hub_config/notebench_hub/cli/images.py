"""Builds the default image's environment during `up`."""

from notebench_hub.cli.steps import Steps
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.settings import Settings


def build_default_image(place: Place, settings: Settings, steps: Steps) -> None:
    """Build it unless it is there. Raises Unavailable with what to do."""
    steps.say(_("Preparing the default image's environment"))
