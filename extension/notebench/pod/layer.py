"""The environment layer in a home: made at the first start that wants it, as its owner, once."""

import shutil
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from notebench.layering import VARIABLE, fits, make

MODEL_SERVER = "NOTEBENCH_DEPLOYMENT_ID"
"""A model server reads a layer and makes none: it sees no more of the home than that."""


def prepare_layer(environ: MutableMapping[str, str], image: Path) -> Path | None:
    """The layer that the environment names, made where it is not there yet over the image's environment.

    None, and the variable empty, where there is none: a full home is no reason not to start.
    """
    named = environ.get(VARIABLE, "")
    if not named:
        return None
    layer = Path(named)
    try:
        if not fits(layer, image) and MODEL_SERVER not in environ:
            _make_one(layer, image, _facts(environ))
    except OSError as error:
        print(f"The environment layer {layer} could not be made: {error}.", file=sys.stderr)
    if fits(layer, image):
        return layer
    environ[VARIABLE] = ""
    return None


def _facts(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "image": environ.get("NOTEBENCH_IMAGE", ""),
        "version": environ.get("NOTEBENCH_IMAGE_VERSION", ""),
        "identity": environ.get("NOTEBENCH_IMAGE_IDENTITY", ""),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def _make_one(target: Path, image: Path, facts: Mapping[str, str]) -> None:
    """Under a temporary name, then put in place; of two pods at once, the first one's counts."""
    if target.exists():
        make(target, target, image, facts)  # the home or the image's environment has moved
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".layer-", dir=target.parent)) / target.name
    try:
        made.mkdir()
        make(made, target, image, facts)
        made.rename(target)
    except OSError:
        if not fits(target, image):
            raise
    finally:
        shutil.rmtree(made.parent, ignore_errors=True)
