"""The supervisor of `up --detach`, for the installation that NOTEBENCH_STATE_DIR names."""

import argparse
import asyncio
import json
import logging
import sys

from notebench.contract.errors import NotebenchError

from notebench_hub.i18n import process_language, translator
from notebench_hub.place import Place
from notebench_hub.supervisor import embedded, records
from notebench_hub.supervisor.claim import claimed
from notebench_hub.supervisor.run import supervise
from notebench_hub.supervisor.supervisor import PartFailed

FAILURE = "failure"
"""File beside the records in which a supervisor that cannot start says why."""


def main(words: list[str]) -> int:
    """Supervise until told to stop; 1 and a word in the failure file where that cannot start."""
    parser = argparse.ArgumentParser(prog="python -m notebench_hub.supervisor")
    parser.add_argument("--part", action="append", choices=embedded.NAMES)
    wanted = tuple(parser.parse_args(words).part or embedded.NAMES)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    place = Place.from_environment()
    try:
        with claimed(place):
            records.end_leftovers(place)
            parts = [part for part in embedded.parts(place, place.instance()) if part.name in wanted]
            helpers = [embedded.image_builder(place)] if wanted == embedded.NAMES else []
            asyncio.run(supervise(place, parts, helpers=helpers))
    except NotebenchError as error:
        problem = error.problem(translator(process_language()))
        lines = error.lines if isinstance(error, PartFailed) else []
        text = json.dumps({"message": problem.message, "next_step": problem.next_step, "lines": lines})
        (records.folder(place) / FAILURE).write_text(text)
        logging.getLogger(__name__).error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
