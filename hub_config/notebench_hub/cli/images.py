"""Builds the default image's environment during `up`."""

from notebench_spawner.catalogue.environments import Step

from notebench_hub.cli.steps import Telling
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.supervisor.images import build, catalogue_of, default_image


def build_default_image(place: Place, steps: Telling) -> None:
    """Build it unless it is there, and say how far that is. Raises Refused and Unavailable."""
    steps.say(_("Preparing the default image's environment"))
    catalogue = catalogue_of(place)
    image, title = default_image(catalogue)

    def report(step: Step) -> None:
        what = _("Image {image}: {doing} {item}", image=title, doing=_(step.doing), item=step.item)
        steps.say(what.strip(), step.done / step.total if step.total else 0.0)

    build(catalogue, image, place, report)
