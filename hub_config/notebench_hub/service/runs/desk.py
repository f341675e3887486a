"""The desk where people ask for runs: checks the wish, writes it to the queue, shows what became of it."""

import secrets
from typing import Any

from notebench.contract.errors import NotFound
from notebench.contract.runs import Run, RunReport, RunRequest, RunState

from notebench_hub.service import resolution
from notebench_hub.service.asker import Asker, AskerKind, may_read
from notebench_hub.service.feature import Parts
from notebench_hub.service.notebooks import check_parameters, choice, notebook_path
from notebench_hub.service.refusals import check_queue, check_writer
from notebench_hub.service.store import Transaction, audit
from notebench_hub.service.store import runs as rows
from notebench_hub.service.store.runs import Kept, NewRun


class Desk:
    """Takes wishes in and answers questions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ask(self, asker: Asker, request: RunRequest) -> Run:
        """Put a run into the queue. Raises Refused, NotFound, TooLarge or Unavailable."""
        check_parameters(request.parameters)
        await notebook_path(self._parts.hands, asker.name, request.notebook)
        image, profile = await choice(self._parts.store, asker, request.image, request.profile)
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
        return await self._parts.store.write(_add, new)

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
        cancelled = await self._parts.store.write(_cancel, run, asker.name)
        if cancelled.state is RunState.cancelled:
            # It waited again after a start that did not come up in time: what may come up late is fenced off.
            await self._parts.tokens.end(AskerKind.run, run)
        return cancelled

    async def report(self, asker: Asker, run: str, said: RunReport) -> None:
        """Take in a report of the run itself. Raises NotFound for everybody else."""
        if asker.kind is not AskerKind.run or asker.bound != run:
            raise NotFound(
                "There is no notebook run {run}.", "Check its id.", code="run-unknown", run=run[:80]
            )
        await self._parts.store.write(rows.report, run, said)


def _add(tx: Transaction, new: NewRun) -> Run:
    check_queue(tx, new.owner)
    run = rows.add(tx, new)
    facts: dict[str, Any] = {"notebook": run.notebook, "image": run.image, "profile": run.profile}
    audit.note(tx, run.user, run.acting_for, "run-start", run.id, **facts)
    return run


def _cancel(tx: Transaction, run: str, user: str) -> Run:
    cancelled = rows.cancel(tx, run, user, f"It was cancelled by {user}.")
    audit.note(tx, user, cancelled.acting_for, "run-cancel", run, concerns=cancelled.user)
    return cancelled
