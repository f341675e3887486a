"""What people may ask to be run: a notebook in their files, with parameters, in an image on a profile."""

import asyncio
import json
from pathlib import Path, PurePosixPath
from typing import Any

from notebench.contract.errors import NotFound, Refused, TooLarge
from notebench.contract.runs import is_parameter_name
from notebench_spawner.hands import Hands

from notebench_hub.service.asker import Asker, AskerKind
from notebench_hub.service.store import Store, sessions

PARAMETER_BYTES = 64 * 1024
"""Parameters travel in the environment of a process, which has narrow limits."""


async def notebook_path(hands: Hands, user: str, path: str) -> Path:
    """The absolute path of a notebook in a user's home. Raises Refused; NotFound also for links out of it."""
    pure = PurePosixPath(path)
    if "\0" in path or "\\" in path or pure.is_absolute() or ".." in pure.parts or pure.suffix != ".ipynb":
        raise Refused(
            "{path} is not the path of a notebook in your files.",
            "Give the path of an .ipynb file, relative to your home, with '/'.",
            code="notebook-path",
            field="notebook",
            path=repr(path[:200]),
        )
    try:
        return await asyncio.to_thread(hands.find_file, user, path)
    except OSError:
        raise _missing(path) from None


def _missing(path: str) -> NotFound:
    return NotFound(
        "There is no notebook {path} in your files.",
        "Check the path, or save the notebook first.",
        code="notebook-missing",
        field="notebook",
        path=path[:200],
    )


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raises Refused for names that the runner would not take, TooLarge for more than a process is told."""
    for name in parameters:
        if not is_parameter_name(name):
            raise Refused(
                "{name} cannot be the name of a parameter.",
                "Use a Python name: letters, digits and '_', not beginning with a digit.",
                code="parameter-name",
                field="parameters",
                name=repr(name[:80]),
            )
    if len(json.dumps(parameters).encode()) > PARAMETER_BYTES:
        raise TooLarge(
            "The parameters are larger than {limit} KiB.",
            "Write what is large to a file and give its path.",
            code="parameters-too-large",
            field="parameters",
            limit=PARAMETER_BYTES // 1024,
        )


async def choice(store: Store, asker: Asker, image: str, profile: str) -> tuple[str, str]:
    """Image and profile that were named, else those of the session that asks, else nothing."""
    if image or asker.kind is not AskerKind.session:
        return image, profile
    session = await store.read(sessions.find, asker.bound)
    return ("", profile) if session is None else (session.image, profile or session.profile)
