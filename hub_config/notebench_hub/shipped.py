"""What ships beside the code: the folder of images with the catalogue, in a checkout or in a wheel."""

from pathlib import Path

from notebench_hub.settings import Settings

_HERE = Path(__file__).parent


def images_folder() -> Path:
    """The folder that holds `catalogue.yaml` and one folder per image."""
    installed = _HERE / "images"
    return installed if installed.is_dir() else _HERE.parents[1] / "images"


def catalogue_file(settings: Settings) -> Path:
    """The catalogue of this installation: the one its settings name, else the one that ships."""
    return settings.catalogue or images_folder() / "catalogue.yaml"
