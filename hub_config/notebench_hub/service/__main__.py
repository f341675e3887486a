"""Starts the service: `python -m notebench_hub.service`, for the installation that the environment names."""

import asyncio
import logging
import os
import sys

import uvicorn
from notebench.contract.errors import NotebenchError
from notebench_spawner.backends.process import ProcessBackend
from notebench_spawner.hands import Hands
from notebench_spawner.sessions.preparation import prepare_environment
from notebench_spawner.workload import Kind, Workload

from notebench_hub.hands import hands_with_ready
from notebench_hub.place import Place
from notebench_hub.service.app import build_parts, compose, create_app
from notebench_hub.settings import Settings, load
from notebench_hub.shipped import catalogue_file


def main() -> int:
    """Serve until asked to stop. Exit code 1, with a sentence, where the service cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.umask(0o077)
    place = Place.from_environment()
    try:
        settings, instance = load(place), place.instance()
        hands = hands_with_ready(place, settings, Kind.run)
        parts = build_parts(place, instance, settings, _backend(place, settings, hands), hands)
        parts.store.open()
        app = create_app(parts, compose(parts))
    except NotebenchError as error:
        print(error.text(), file=sys.stderr)
        return 1
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=instance.service_port,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        # The proxy is on this machine; its word about the browser's address and scheme counts.
        forwarded_allow_ips="127.0.0.1",
    )
    return 0


def _backend(place: Place, settings: Settings, hands: Hands) -> ProcessBackend:
    """Launches runs and model servers, with what they need made before."""

    async def prepare(workload: Workload) -> None:
        catalogue, root = catalogue_file(settings), place.environments
        await asyncio.to_thread(hands.prepare_home, workload)
        await prepare_environment(workload, catalogue, root, lambda _: None, hands)

    return ProcessBackend(place.workloads, place.environments, prepare=prepare, hands=hands)


if __name__ == "__main__":
    sys.exit(main())
