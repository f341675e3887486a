"""Builds the default image's environment during `up`."""

from notebench_spawner.catalogue import environments, hardware, load, resolve

from notebench_hub.cli.steps import Steps
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file


def build_default_image(place: Place, settings: Settings, steps: Steps) -> None:
    """Build it unless it is there. Raises Refused and Unavailable with what to do."""
    steps.say(_("Preparing the default image's environment"))
    catalogue = load.load(catalogue_file(settings))
    image, _hardware = resolve.resolve(catalogue, groups=(), machine=hardware.look())
    title = resolve.title_of(catalogue, image.image)

    def report(step: environments.Step) -> None:
        what = _("Image {image}: {doing} {item}", image=title, doing=_(step.doing), item=step.item)
        steps.say(what.strip(), step.done / step.total if step.total else 0.0)

    environments.build(catalogue, image, place.environments, report)
