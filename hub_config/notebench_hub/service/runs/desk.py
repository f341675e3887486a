"""The desk where people ask for runs: checks the wish, writes it to the queue, shows what became of it."""

import json
import secrets
from keyword import iskeyword
from typing import Any

from notebench.contract.errors import NotFound, Refused, TooLarge
from notebench.contract.runs import Run, RunReport, RunRequest

from notebench_hub.service import resolution
from notebench_hub.service.asker import Asker, AskerKind, may_read
from notebench_hub.service.feature import Parts
from notebench_hub.service.refusals import check_writer
from notebench_hub.service.runs import files
from notebench_hub.service.store import Transaction, audit, sessions
from notebench_hub.service.store import runs as rows
from notebench_hub.service.store.runs import Kept, NewRun

PARAMETER_BYTES = 64 * 1024
"""Parameters travel in the environment of a process, which has narrow limits."""

QUEUE = 500
"""Runs that one owner may have waiting."""


class Desk:
    """Takes wishes in and answers questions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ask(self, asker: Asker, request: RunRequest) -> Run:
        """Put a run into the queue. Raises Refused, NotFound, TooLarge or Unavailable."""
        check_parameters(request.parameters)
        files.notebook_path(self._parts.environment.home(asker.name), request.notebook)
        image, profile = await self._choice(asker, request)
        resolved = await self._parts.resolver.resolve(asker.name, image, profile)
        words = resolution.words(resolved)
        new = NewRun(
            id=secrets.token_hex(8),
            owner=asker.owner,
            notebook=request.notebook,
            parameters=request.parameters,
            timeout_seconds=request.timeout_seconds,
            resolved=resolution.dump(resolved),
            image=words["image"],
            version=words["version"],
            identity=words["identity"],
            profile=words["profile"],
        )
        return self.shown(await self._parts.store.write(_add, new))

    async def find(self, asker: Asker, run: str) -> Kept:
        """A run that the asker may know of. Raises NotFound."""
        kept = await self._parts.store.read(rows.find, run)
        if kept is None or not may_read(asker, kept.owner):
            raise NotFound(
                "There is no notebook run {run}.", "Check its id.", code="run-unknown", run=run[:80]
            )
        return kept

    async def cancel(self, asker: Asker, run: str) -> Run:
        """Ask for its end. Raises NotFound or NotAllowed. An ended run stays as it ended."""
        kept = await self.find(asker, run)
        check_writer(asker, kept.owner)
        return self.shown(await self._parts.store.write(_cancel, run, asker.name))

    async def report(self, asker: Asker, run: str, said: RunReport) -> None:
        """Take in a report of the run itself. Raises NotFound for everybody else."""
        if asker.kind is not AskerKind.run or asker.bound != run:
            raise NotFound(
                "There is no notebook run {run}.", "Check its id.", code="run-unknown", run=run[:80]
            )
        await self._parts.store.write(rows.report, run, said)

    def shown(self, run: Run) -> Run:
        """The record with the address of its page."""
        return run.model_copy(update={"url": self._parts.page("runs", run.id, run.acting_for)})

    async def _choice(self, asker: Asker, request: RunRequest) -> tuple[str, str]:
        """What the request names, else what the session has from which it comes."""
        if request.image or asker.kind is not AskerKind.session:
            return request.image, request.profile
        session = await self._parts.store.read(sessions.find, asker.bound)
        if session is None:
            return "", request.profile
        return session.image, request.profile or session.profile


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raises Refused for names that are no Python names, TooLarge for more than a process can be told."""
    for name in parameters:
        if not name.isidentifier() or iskeyword(name):
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


def _add(tx: Transaction, new: NewRun) -> Run:
    if rows.waiting(tx, new.owner) >= QUEUE:
        raise Refused(
            "{limit} notebook runs are waiting already.",
            "Wait for some of them, or cancel them.",
            code="queue-full",
            limit=QUEUE,
        )
    run = rows.add(tx, new)
    facts = {"notebook": run.notebook, "image": run.image, "profile": run.profile}
    audit.note(tx, run.user, run.acting_for, "run-start", run.id, **facts)
    return run


def _cancel(tx: Transaction, run: str, user: str) -> Run:
    cancelled = rows.cancel(tx, run, user, f"It was cancelled by {user}.")
    audit.note(tx, user, cancelled.acting_for, "run-cancel", run)
    return cancelled
