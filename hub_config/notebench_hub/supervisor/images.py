"""Which image environments this machine can have, and building them: the default one first, the others later.

`python -m notebench_hub.supervisor.images` builds what is missing, with little claim on the machine; the
supervisor runs it once everything answers.
"""

import logging
import os
import sys
from collections.abc import Iterator

from notebench.contract.errors import NotebenchError
from notebench_spawner.catalogue import built, environments, hardware
from notebench_spawner.catalogue.environments import Report
from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.catalogue.resolve import image_version, resolve, title_of
from notebench_spawner.workload import ImageVersion

from notebench_hub import settings
from notebench_hub.place import Place
from notebench_hub.shipped import catalogue_file

log = logging.getLogger(__name__)


def catalogue_of(place: Place) -> CatalogueFile:
    """The installation's catalogue. Raises Refused with file and line."""
    return load(catalogue_file(settings.load(place)))


def default_image(catalogue: CatalogueFile) -> tuple[ImageVersion, str]:
    """The image of people who choose none, and its title. Raises Refused."""
    image, _hardware = resolve(catalogue, groups=(), machine=hardware.look())
    return image, title_of(catalogue, image.image)


def build(catalogue: CatalogueFile, image: ImageVersion, place: Place, report: Report) -> None:
    """Build it unless it is there. Raises Unavailable."""
    environments.build(catalogue, image, place.environments, report)


def missing(catalogue: CatalogueFile, place: Place) -> Iterator[ImageVersion]:
    """Images whose current version can run here and has no environment yet."""
    for image in catalogue.document.images:
        version = image.current()
        if version is None or not version.embedded.available:
            continue
        found = image_version(catalogue, image, version, embedded=True)
        if not built.is_built(place.environments, found.identity):
            yield found


def main() -> int:
    """Build all that is missing; an image that cannot be built does not keep the others from it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.nice(10)
    place, failed = Place.from_environment(), 0
    catalogue = catalogue_of(place)
    for image in missing(catalogue, place):
        log.info("Building the environment of image %s, version %s.", image.image, image.version)
        try:
            build(catalogue, image, place, _told)
        except NotebenchError as error:
            log.error("%s", error)
            failed = 1
    log.info("Done.")
    return failed


def _told(step: environments.Step) -> None:
    log.info("%d/%d %s %s", step.done, step.total, step.doing, step.item)


if __name__ == "__main__":
    sys.exit(main())
