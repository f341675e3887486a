"""The command line's edge: options that many commands share, and errors as sentences with exit codes."""

import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from notebench.contract.errors import NotebenchError, Refused, Unavailable

from notebench_hub.i18n import _, process_language, translator
from notebench_hub.place import VARIABLE, Place
from notebench_hub.separate.account import step_down
from notebench_hub.settings import load
from notebench_hub.supervisor.supervisor import PartFailed

FAILED, REFUSED, UNAVAILABLE = 1, 3, 4

P = ParamSpec("P")
R = TypeVar("R")

StateDir = Annotated[
    Path | None,
    typer.Option(
        "--state-dir",
        envvar=VARIABLE,
        help=_("Directory in which this installation keeps everything; your data directory by default."),
        show_default=False,
    ),
]


def place_of(state_dir: Path | None, *, as_root: bool = False) -> Place:
    """The place that a command is about; parts and child processes find the same one.

    With separate accounts root goes on as the account of the parts, unless the command needs `as_root`.
    """
    place = Place(state_dir.expanduser().absolute()) if state_dir else Place.from_environment()
    os.environ[VARIABLE] = str(place.root)
    if not as_root:
        step_down(place)
    return place


def started_place(state_dir: Path | None) -> Place:
    """The place that a command is about, which an `up` has made. Raises Unavailable."""
    place = place_of(state_dir)
    if not place.instance_file.exists() and load(place).mode == "embedded":
        raise Unavailable(
            "Nothing was started in {place} yet.", "Start it with `notebench up`.", place=place.root
        )
    return place


def say(text: str) -> None:
    """One line for people on the standard error, so that the standard output stays for programs."""
    sys.stderr.write(text + "\n")


def edge(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into a sentence, the next step and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except NotebenchError as error:
            problem = error.problem(translator(process_language()))
            complain(problem.message, problem.next_step, error.lines if isinstance(error, PartFailed) else [])
            raise typer.Exit(_code(error)) from None
        except KeyboardInterrupt:
            say(_("Stopped."))
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `notebench logs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None

    return wrapped


def complain(message: str, next_step: str, lines: list[str]) -> None:
    """A failure: the last lines of the log that belong to it, what was wrong, what to do."""
    for line in lines:
        say("  | " + line)
    say(message)
    if next_step:
        say(next_step)


def _code(error: NotebenchError) -> int:
    if isinstance(error, Unavailable):
        return UNAVAILABLE
    return REFUSED if isinstance(error, Refused) else FAILED


def print_json(value: object) -> None:
    """One JSON document on the standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
