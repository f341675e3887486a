"""Settings of the databases: a SQLite file each in the state directory, or a PostgreSQL server's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from notebench.contract.errors import Refused
from pydantic import Field

from notebench_hub.section import Section

Part = Literal["hub", "service", "mlflow"]
PARTS: tuple[Part, ...] = ("hub", "service", "mlflow")
_SCHEMES = ("postgresql", "postgres")
_PORT = 5432
_ADDRESS = r"^(postgres(ql)?://([^@:/?#\s]+@)?(\[[0-9A-Fa-f:.]+\]|[^@:/?#\s\[\]]*)(:[0-9]{1,5})?/[^/?#\s]+(\?[^\s]*)?)?$"
"""For the chart's schema. Here `check` says more, and without repeating a password."""


class Database(Section):
    """Where one part keeps its records."""

    url: str = Field(
        default="",
        description="Database of a PostgreSQL server, as `postgresql://USER@HOST:5432/NAME`, without the "
        "password; words of libpq may follow, such as `?sslmode=verify-full`. Empty for a SQLite file in the "
        "state directory.",
        json_schema_extra={"pattern": _ADDRESS},
    )
    password_file: Path | None = Field(
        default=None,
        description="The server's password: file of mode 0600 that holds it; a path that is not absolute "
        "counts from the state directory.",
    )
    password_variable: str = Field(
        default="",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        description="The server's password: environment variable of the part that holds it, where there is "
        "no such file.",
    )


class Databases(Section):
    """Where the parts keep their records."""

    hub: Database = Field(default=Database(), description="JupyterHub: people, groups, tokens.")
    service: Database = Field(default=Database(), description="The service: runs, schedules, audit.")
    mlflow: Database = Field(default=Database(), description="MLflow: experiments, runs, models.")

    def of(self, part: Part) -> Database:
        """The one of a part."""
        found: Database = getattr(self, part)
        return found


At = Callable[..., dict[str, Any]]
"""Says where in a settings file a key is: what a refusal names."""


def check(databases: Databases, at: At) -> None:
    """Raises Refused; an address is never repeated, as a password may be in it."""
    seen: dict[tuple[str, int, str], Part] = {}
    for part in PARTS:
        url = databases.of(part).url
        if not url:
            continue
        found, problem = _looked_at(url)
        if problem:
            raise Refused(
                "{file}, line {line}: `{key}` is no address of a database ({problem}).",
                "Write it like postgresql://notebench@db.example.org:5432/notebench, and the password into a "
                "file or a variable that `password_file` or `password_variable` names.",
                code="settings-database",
                field=f"databases.{part}.url",
                problem=problem,
                **at("databases", part, "url"),
            )
        place = (found.hostname or _host(found), found.port or _PORT, found.path)
        if other := seen.get(place):
            raise Refused(
                "{file}, line {line}: `{key}` is the database of the part {other} too.",
                "Each part needs a database of its own; they may be on one server.",
                code="settings-database-shared",
                field=f"databases.{part}.url",
                other=other,
                **at("databases", part, "url"),
            )
        seen[place] = part


def _looked_at(url: str) -> tuple[SplitResult, str]:
    """Its parts, and what is wrong with it in words of our own: those of the library repeat parts of it."""
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        return urlsplit(""), "a character in it must be written as %NN, or its port is no number"
    if found.scheme not in _SCHEMES:
        return found, "it must begin with postgresql://"
    if found.password is not None or "password" in dict(parse_qsl(found.query)):
        return found, "a password is in it"
    if len(found.path) < 2 or "/" in found.path[1:]:
        return found, "the name of the database is missing"
    if not found.hostname and not _host(found):
        return found, "the name of the server is missing"
    return found, ""


def _host(found: SplitResult) -> str:
    """The folder of a server's socket, which stands where an address has its words."""
    return dict(parse_qsl(found.query)).get("host", "")
