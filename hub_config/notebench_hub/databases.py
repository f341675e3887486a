"""Which database a part has: none of a server's (a file then), or one with its address and password."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from notebench.contract.errors import Refused

from notebench_hub.database_settings import PARTS, Part
from notebench_hub.place import Place
from notebench_hub.secret_files import named_secret
from notebench_hub.settings import Settings

_NETWORK = {
    "connect_timeout": 5,
    # A server that has vanished without a word is noticed within half a minute.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


@dataclass(frozen=True)
class Server:
    """A database of a PostgreSQL server."""

    address: str
    """`postgresql://USER@HOST:PORT/NAME`, never with a password."""
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The address for SQLAlchemy, with the driver."""
        return "postgresql+psycopg://" + self.address.partition("://")[2]

    def connecting(self, **more: Any) -> dict[str, Any]:
        """What the driver is told beside the address, where that does not say it itself."""
        told = {**_NETWORK, "application_name": "notebench", **more}
        if self.password:
            told["password"] = self.password
        named = dict(parse_qsl(urlsplit(self.address).query))
        return {name: value for name, value in told.items() if name not in named}

    def environment(self) -> dict[str, str]:
        """For programs that take an address: the password goes beside it, where no log nor list shows it."""
        return {"PGPASSWORD": self.password} if self.password else {}


def on_servers(settings: Settings) -> tuple[Part, ...]:
    """The parts whose records are on a server, and so in no file here."""
    return tuple(part for part in PARTS if settings.databases.of(part).url)


def server_of(
    settings: Settings, place: Place, part: Part, environ: Mapping[str, str] = os.environ
) -> Server | None:
    """The part's database, if it is a server's. Raises Refused."""
    found = settings.databases.of(part)
    if not found.url:
        return None
    if find_spec("psycopg") is None:
        raise Refused(
            "The setting `databases.{part}.url` names a PostgreSQL server, and its driver is not installed.",
            "Install it with `pip install 'notebench-hub[kubernetes]'`.",
            code="no-database-driver",
            part=part,
        )
    password = ""
    if found.password_file or found.password_variable:
        password = named_secret(
            place,
            f"databases.{part}.password",
            found.password_file,
            found.password_variable,
            code="database-secret",
            environ=environ,
        )
    return Server(found.url, password)
