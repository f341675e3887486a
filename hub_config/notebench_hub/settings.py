"""Every setting of an installation, in one tree. Unknown keys stop the start."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from notebench.contract.errors import Refused
from pydantic import BeforeValidator, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from notebench_hub import database_settings, sign_in_settings
from notebench_hub.artifact_settings import Artifacts
from notebench_hub.database_settings import Databases
from notebench_hub.kube_settings import Kubernetes
from notebench_hub.place import Place
from notebench_hub.section import Section
from notebench_hub.sign_in_settings import SignIn


class Doors(Section):
    """Where people and parts reach each other."""

    ip: str = Field(default="127.0.0.1", description="Address on which people reach the proxy.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port on which people reach the proxy.")
    trusted_proxies: list[str] = Field(
        default=[],
        description="Addresses of your own proxies in front; what they say about a browser's address counts.",
    )


Warm = Annotated[
    int | None, Field(ge=0, le=100), BeforeValidator(lambda given: None if given == "auto" else given)
]
"""How many processes are kept ready; None (`auto`) goes by the size of the machine."""


class Sessions(Section):
    """Notebook servers of users."""

    named_servers: int = Field(default=5, ge=0, description="Named servers per user; 0 for none.")
    start_timeout_seconds: int = Field(default=120, ge=5, description="How long a session may take to start.")
    starts_at_once: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Starts that go on at the same time, others wait for a turn; empty: two for each core.",
    )
    warm: Warm = Field(
        default=None,
        description="Processes kept ready to become a session; `auto`: 2, or 0 on a machine with one core or "
        "less than 8 GiB, and with separate accounts where `ssh` would not work in them.",
    )


class Homes(Section):
    """People's files."""

    size: str = Field(
        default="",
        pattern=r"^([1-9][0-9]{0,6}(Mi|Gi|Ti))?$",
        description="What one home may have, like `20Gi`; empty for no limit. Project quotas of the kernel "
        "hold it where an operator has set them; else it is measured, and people are told.",
    )


class Runs(Section):
    """Notebook runs."""

    concurrency: int = Field(
        default=2, ge=1, description="Notebook runs at the same time in this installation."
    )
    warm: Warm = Field(
        default=None,
        description="Processes kept ready to become a notebook run; `auto`: 1, or 0 on a machine with one "
        "core or less than 8 GiB.",
    )


class ModelServers(Section):
    """Processes that answer for models."""

    network: Literal["closed", "open"] = Field(
        default="closed",
        description="`closed`: a model server reaches Notebench and nothing else of any network, where the "
        "kernel can do that; `open`: it reaches what the machine reaches.",
    )


class Limits(Section):
    """What one request may be."""

    body_mib: int = Field(default=512, ge=1, description="Largest body the gateway passes on, in mebibytes.")
    request_seconds: int = Field(
        default=300, ge=1, description="Longest request the gateway passes on, in seconds."
    )


class AccountIds(Section):
    """The range of system ids for the accounts of people."""

    first: int = Field(default=700_000, ge=1000, le=2**31 - 2, description="The first id.")
    count: int = Field(default=50_000, ge=10, le=10_000_000, description="How many there are.")


class Settings(Section):
    """The installation."""

    mode: Literal["embedded", "kubernetes"] = Field(
        default="embedded",
        description="`embedded`: processes on one machine; `kubernetes`: pods on a cluster. Read only where "
        "the parts are put together.",
    )
    catalogue: Path | None = Field(
        default=None, description="Catalogue file; empty for the one that ships with Notebench."
    )
    admin: str = Field(default="admin", description="Hub name of the first admin.")
    accounts: Literal["shared", "separate"] | None = Field(
        default=None,
        description="Whose system accounts people's processes have. `separate`: each person has one, which "
        "needs root; `shared`: the one that started Notebench. Empty: `separate` in what root begins.",
    )
    account_ids: AccountIds = Field(
        default=AccountIds(), description="System ids for the accounts of people, with separate accounts."
    )
    doors: Doors = Field(default=Doors(), description="Addresses.")
    sign_in: SignIn = Field(default=SignIn(), description="How people sign in; see docs/sign-in.md.")
    databases: Databases = Field(default=Databases(), description="Where the parts keep their records.")
    artifacts: Artifacts = Field(default=Artifacts(), description="Where the files of runs and models are.")
    sessions: Sessions = Field(default=Sessions(), description="Notebook servers of users.")
    homes: Homes = Field(default=Homes(), description="People's files.")
    runs: Runs = Field(default=Runs(), description="Notebook runs.")
    model_servers: ModelServers = Field(
        default=ModelServers(), description="Processes that answer for models."
    )
    limits: Limits = Field(default=Limits(), description="What one request may be.")
    kubernetes: Kubernetes = Field(default=Kubernetes(), description="On a cluster.")


def load(place: Place) -> Settings:
    """The settings of an installation: its `settings.yaml`, or the defaults where it has none.

    Raises Refused with file, line and the nearest valid name.
    """
    return read(place.settings_file) if place.settings_file.exists() else Settings()


def read(file: Path, below: str = "") -> Settings:
    """The settings in a file, or in what it has below a key, as a chart's values do. Raises Refused."""
    try:
        tree = YAML(typ="rt").load(file.read_text())
    except (MarkedYAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            "{file}, line {line}: this is not YAML ({problem}).",
            "Correct the line, then start again.",
            code="settings-not-yaml",
            file=file,
            line=mark.line + 1 if mark else 1,
            problem=getattr(error, "problem", None) or error,
        ) from None
    if below and isinstance(tree, CommentedMap):
        tree = tree.get(below)
    if tree is None:
        return Settings()
    if not isinstance(tree, CommentedMap):
        raise Refused(
            "{file}, line 1: settings are `name: value` lines, and this file holds something else.",
            "Correct the file, or remove it to use the defaults.",
            code="settings-not-a-mapping",
            file=file,
        )
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise _refusal(file, tree, error) from None

    def at(*path: str) -> dict[str, Any]:
        return {"file": file, "line": _line(tree, list(path)), "key": ".".join(path)}

    sign_in_settings.check(settings.sign_in, at)
    database_settings.check(settings.databases, at)
    return settings


def _refusal(file: Path, tree: CommentedMap, error: ValidationError) -> Refused:
    """The first thing that is wrong, as a sentence with its line."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    place: dict[str, Any] = {"file": file, "line": _line(tree, path), "key": ".".join(path)}
    if first["type"] == "extra_forbidden":
        names = _names(path[:-1])
        near = get_close_matches(path[-1], names, n=1, cutoff=0.5)
        if near:
            return Refused(
                "{file}, line {line}: there is no setting `{key}`.",
                "Did you mean `{near}`?",
                code="settings-unknown-key",
                field=place["key"],
                near=".".join([*path[:-1], near[0]]),
                **place,
            )
        return Refused(
            "{file}, line {line}: there is no setting `{key}`.",
            "Settings here are: {names}.",
            code="settings-unknown-key",
            field=place["key"],
            names=", ".join(names),
            **place,
        )
    return Refused(
        "{file}, line {line}: `{key}` cannot be {value!r} ({problem}).",
        "Correct the value, then start again.",
        code="settings-wrong-value",
        field=place["key"],
        value=first["input"],
        problem=first["msg"],
        **place,
    )


def _line(tree: CommentedMap, path: list[str]) -> int:
    """The line of a key, or of the last part of its path that is in the file."""
    line, here = 1, tree
    for part in path:
        if isinstance(here, CommentedSeq) and part.isdigit() and int(part) < len(here):
            line = here.lc.item(int(part))[0] + 1
            here = here[int(part)]
            continue
        if not isinstance(here, CommentedMap) or part not in here:
            break
        line = here.lc.key(part)[0] + 1
        here = here[part]
    return line


def _names(path: list[str]) -> list[str]:
    """The valid names in the section at `path`."""
    section: Any = Settings
    for part in path:
        inside = section if part.isdigit() else section.model_fields[part].annotation
        section = next(iter(get_args(inside)), inside)  # of a list: what it holds
    return sorted(section.model_fields)


__all__ = ["Section", "Settings", "load", "read"]
