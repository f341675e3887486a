"""Which images may be started now, by their identities: no process of another one is kept ready."""

from pathlib import Path

from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.catalogue.resolve import image_version


class Startable:
    """Reads the catalogue again when its file changes."""

    def __init__(self, catalogue: Path) -> None:
        self.catalogue = catalogue
        self._seen: tuple[int, int] | None = None
        self._found: list[str] = []

    def __call__(self) -> list[str]:
        """Current versions of all images, the default image first. Raises Refused or OSError."""
        status = self.catalogue.stat()
        seen = status.st_mtime_ns, status.st_size
        if seen != self._seen:
            self._found = _identities(load(self.catalogue))
            self._seen = seen
        return self._found


def _identities(catalogue: CatalogueFile) -> list[str]:
    default = catalogue.document.default.image
    images = sorted(catalogue.document.images, key=lambda image: image.id != default)
    current = [(image, version) for image in images if (version := image.current())]
    return [
        image_version(catalogue, image, version, embedded=True).identity
        for image, version in current
        if version.embedded.available
    ]
