"""Notebook runs."""

from collections.abc import Iterator

from notebench.client.transport import Transport, below
from notebench.contract.runs import Run, RunList, RunRequest


class Runs:
    """`/runs`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(self, request: RunRequest) -> Run:
        """Run a notebook once, now; returns at once."""
        return self._transport.ask(Run, "POST", "/runs", request)

    def get(self, run: str) -> Run:
        """One run."""
        return self._transport.get(Run, below("runs", run))

    def page(self, cursor: str = "", limit: int = 50, **filters: str) -> RunList:
        """One page, newest first."""
        return self._transport.get(RunList, "/runs", cursor=cursor, limit=limit, **filters)

    def list(self, limit: int = 50, **filters: str) -> list[Run]:
        """The newest runs, at most `limit`."""
        found: list[Run] = []
        cursor = ""
        while len(found) < limit:
            page = self.page(cursor, min(limit - len(found), 200), **filters)
            found += page.runs
            cursor = page.next
            if not cursor:
                break
        return found[:limit]

    def cancel(self, run: str) -> Run:
        """Ask it to end; its partial output stays."""
        return self._transport.ask(Run, "POST", below("runs", run, "cancel"))

    def logs(self, run: str) -> Iterator[str]:
        """What the runner itself printed."""
        return self._transport.stream(below("runs", run, "logs"))
