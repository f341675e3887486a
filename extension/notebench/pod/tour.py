"""The tour in a new home: copied once; who removes it does not get it again."""

import shutil
import sys
from pathlib import Path

_SEEDED = Path(".local/share/notebench/tour-seeded")
_HERE = Path(__file__).parent


def tour_folder() -> Path:
    """Where the tour is: in the installed distribution, or in a checkout."""
    packaged = _HERE.parent / "tour"
    return packaged if packaged.is_dir() else _HERE.parents[2] / "images" / "tour"


def seed_tour(home: Path, tour: Path) -> None:
    """Put the tour into the home, once. What cannot be written now comes another time."""
    mark = home / _SEEDED
    if not tour.is_dir() or mark.exists():
        return
    unfinished, target = home / ".tour-unfinished", home / "tour"
    try:
        if not target.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(tour, unfinished, ignore=shutil.ignore_patterns(".*", "__pycache__"))
            unfinished.rename(target)  # a copy that was cut off is never taken for the tour
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except (OSError, shutil.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        print(f"The tour could not be put into {home}: {error}.", file=sys.stderr)
