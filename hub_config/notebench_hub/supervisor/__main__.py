"""The supervisor of `up --detach`, for the installation that NOTEBENCH_STATE_DIR names."""

import argparse
import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from notebench.contract.errors import NotebenchError
from notebench_spawner import identity

from notebench_hub.hands import hands_of
from notebench_hub.i18n import process_language, translator
from notebench_hub.place import Place
from notebench_hub.supervisor import embedded, records
from notebench_hub.supervisor.claim import claimed
from notebench_hub.supervisor.logfiles import open_for_part, rotate
from notebench_hub.supervisor.run import supervise
from notebench_hub.supervisor.supervisor import PartFailed

FAILURE = "failure"
"""File beside the records in which a supervisor that cannot start says why."""
LOG = "supervisor.log"


def main(words: list[str]) -> int:
    """Supervise until told to stop; 1 and a word in the failure file where that cannot start."""
    parser = argparse.ArgumentParser(prog="python -m notebench_hub.supervisor")
    parser.add_argument("--part", action="append", choices=embedded.NAMES)
    wanted = tuple(parser.parse_args(words).part or embedded.NAMES)
    place = Place.from_environment()
    _write_to(place.logs / LOG)
    identity.no_new_privileges()  # parts need none, and neither does what they start
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        with claimed(place):
            records.end_leftovers(place)
            instance = place.instance()
            parts = [part for part in embedded.parts(place, instance) if part.name in wanted]
            helpers = [embedded.image_builder(place)] if wanted == embedded.NAMES else []
            asyncio.run(supervise(place, parts, hands_of(place), helpers=helpers))
    except NotebenchError as error:
        problem = error.problem(translator(process_language()))
        lines = error.lines if isinstance(error, PartFailed) else []
        text = json.dumps({"message": problem.message, "next_step": problem.next_step, "lines": lines})
        (records.folder(place) / FAILURE).write_text(text)
        logging.getLogger(__name__).error("%s", error)
        return 1
    return 0


def _write_to(log: Path) -> None:
    """What this process and Python itself say goes to a log of its own."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rotate(log)
    with open_for_part(log) as output:
        for descriptor in (1, 2):
            os.dup2(output.fileno(), descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
