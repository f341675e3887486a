"""Brings the databases in a pod's volume up to date, backed up before: `python -m notebench_hub.upgrade`.

On one machine `notebench up` does that. In a cluster it is the first container of a part's pod, which alone
has the volume then.
"""

import os
import sys

from notebench.contract.errors import NotebenchError

from notebench_hub.place import Place
from notebench_hub.upgrade.before import bring_up_to_date


def main() -> int:
    """Exit code 1, with a sentence, where it cannot be done; every database is as it was then."""
    os.umask(0o077)
    place = Place.from_environment()
    try:
        place.create()
        bring_up_to_date(place, lambda _what, _part: None)
    except NotebenchError as error:
        print(error.text(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
