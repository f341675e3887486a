"""Progress of `up`: a counter and what is happening, as a live bar on a terminal and as lines elsewhere."""

import json
import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from notebench_hub.i18n import _


class Telling(Protocol):
    """Who is told what happens now."""

    def say(self, what: str, part: float = 0.0) -> None:
        """What happens; `part` of it is done, 0 to 1."""
        ...


class Lines:
    """Tells another process, in JSON lines on the standard output."""

    def say(self, what: str, part: float = 0.0) -> None:
        """One line."""
        sys.stdout.write(json.dumps({"says": what, "part": part}) + "\n")
        sys.stdout.flush()


class Steps:
    """A bar of `total` steps. `say` names what happens now, `done` counts."""

    def __init__(self, total: int) -> None:
        self._console = Console(stderr=True)
        self._total, self._count, self._last = total, 0, ""
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(_("Preparing"), total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, what: str, part: float = 0.0) -> None:
        """What happens now; `part` of the step that is done, 0 to 1."""
        self._bar.update(self._task, description=what, completed=self._count + part)
        if self._bar.disable and what != self._last:
            sys.stderr.write(f"[{self._count + 1}/{self._total}] {what}\n")
            sys.stderr.flush()
        self._last = what

    def done(self, count: int = 1) -> None:
        """So many steps more are done."""
        self._count += count
        self._bar.update(self._task, completed=self._count)
