"""Starts the service: `python -m notebench_hub.service`, for the installation that the environment names."""

import logging
import os
import sys

import uvicorn
from notebench.contract.errors import NotebenchError

from notebench_hub.instance import instance_of
from notebench_hub.place import Place
from notebench_hub.service.app import build_parts, compose, create_app
from notebench_hub.service.launching import launching
from notebench_hub.settings import Settings, load


def main() -> int:
    """Serve until asked to stop. Exit code 1, with a sentence, where the service cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.umask(0o077)
    place = Place.from_environment()
    try:
        settings = load(place)
        instance = instance_of(place, settings)
        backend, hands = launching(place, settings)
        place.create()
        parts = build_parts(place, instance, settings, backend, hands)
        parts.store.open()
        app = create_app(parts, compose(parts))
    except NotebenchError as error:
        print(error.text(), file=sys.stderr)
        return 1
    uvicorn.run(
        app,
        host=_listen(settings),
        port=instance.service_port,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        forwarded_allow_ips=_believed(settings),
    )
    return 0


def _listen(settings: Settings) -> str:
    return settings.kubernetes.addresses.listen if settings.mode == "kubernetes" else "127.0.0.1"


def _believed(settings: Settings) -> str:
    """Whose word about the browser's address and scheme counts: the proxy's, which is on this machine, or is
    one of those that the settings name."""
    return "127.0.0.1" if settings.mode == "embedded" else ",".join(settings.doors.trusted_proxies)


if __name__ == "__main__":
    sys.exit(main())
