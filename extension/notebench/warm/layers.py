"""A warm process of an image becomes one of an environment layer over it, where nothing has to be undone.

A layer is a virtual environment of its own that sees the image's packages. What people have installed there
comes first, so it must not be something that is loaded already, nor change how Python or papermill begins.
"""

import site
import sys
from pathlib import Path

_OURS = "notebench_image.pth"
_AT_THE_BEGIN = {"sitecustomize", "usercustomize"}


def interpreter_fits(python: str) -> bool:
    """Whether this process can be the one that this interpreter would have been."""
    if python == sys.executable:
        return True
    layer = Path(python).parents[1]
    packages = _packages(layer)
    try:
        if Path(python).resolve() != Path(sys.executable).resolve() or not (layer / "pyvenv.cfg").is_file():
            return False
        image = (packages / _OURS).read_text().splitlines()[-1]
        added = [entry for entry in packages.iterdir() if entry.name not in {_OURS, "__pycache__"}]
        return Path(image) == _packages(Path(sys.prefix)) and not any(map(_must_be_first, added))
    except (OSError, IndexError):
        return False


def move_into(python: str) -> None:
    """Be in that interpreter's environment from here on."""
    if python == sys.executable:
        return
    layer, image = Path(python).parents[1], _packages(Path(sys.prefix))
    sys.executable = python
    sys.prefix = sys.exec_prefix = str(layer)
    sys.path[:] = [one for one in sys.path if not Path(one).is_relative_to(image)]
    site.PREFIXES[:] = [str(layer)]
    site.addsitedir(str(_packages(layer)))
    sys.path_importer_cache.clear()
    _forget_scheme()


def _packages(environment: Path) -> Path:
    return environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _must_be_first(entry: Path) -> bool:
    name = entry.name.partition(".")[0]
    if entry.suffix == ".pth" or name in sys.modules or name in _AT_THE_BEGIN:
        return True
    entry_points = entry / "entry_points.txt"
    return entry.suffix == ".dist-info" and entry_points.exists() and "papermill" in entry_points.read_text()


def _forget_scheme() -> None:
    """Paths that `sysconfig` has worked out from the prefix."""
    import sysconfig

    kept = vars(sysconfig)
    kept["_PREFIX"] = kept["_EXEC_PREFIX"] = sys.prefix
    for name in ("_CONFIG_VARS", "_CONFIG_VARS_INITIALIZED"):
        if name in kept:
            kept[name] = None if name == "_CONFIG_VARS" else False
