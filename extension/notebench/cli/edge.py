"""The edge of the command line: shared options, errors as sentences with exit codes, output."""

import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from notebench.contract.errors import NotebenchError, Refused, Unavailable
from notebench.words import say, translate

FAILED, USAGE, REFUSED, UNREACHABLE = 1, 2, 3, 4

P = ParamSpec("P")
R = TypeVar("R")

For = Annotated[
    str, typer.Option("--for", metavar="PROJECT", help=say("Act for this project, or `personal`."))
]
Json = Annotated[bool, typer.Option("--json", help=say("Print JSON for programs."))]
Wait = Annotated[bool, typer.Option("--wait", help=say("Wait for the end and show progress."))]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help=say("A parameter; may be repeated.")),
]
Image = Annotated[str, typer.Option("--image", help=say("Image from the catalogue."))]
Profile = Annotated[str, typer.Option("--profile", help=say("Hardware profile from the catalogue."))]


def edge(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into a sentence, the next step and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except NotebenchError as error:
            problem = error.problem(translate)
            complain(problem.message, problem.next_step)
            raise typer.Exit(_code(error)) from None
        except ValidationError as error:
            first = error.errors()[0]
            complain(say("{field}: {problem}", field=".".join(map(str, first["loc"])), problem=first["msg"]))
            raise typer.Exit(USAGE) from None
        except KeyboardInterrupt:
            complain(say("Stopped looking; what was started goes on."))
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `notebench runs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None

    return wrapped


def complain(*lines: str) -> None:
    """Lines for people on the standard error; empty ones are left out."""
    for line in lines:
        if line:
            sys.stderr.write(line + "\n")


def _code(error: NotebenchError) -> int:
    if isinstance(error, Unavailable):
        return UNREACHABLE
    return REFUSED if isinstance(error, Refused) else FAILED


def print_json(value: Any) -> None:
    """Contract types, or lists of them, as one JSON document on the standard output."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """A table for people, or the sentence that says there is nothing."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return complain(empty)
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))  # Text: names may look like markup
    console = Console()
    console = console if console.is_terminal else Console(width=200)
    console.print(table)
    return None


def moment(value: Any) -> str:
    """An instant in this machine's time zone, to the minute; empty for None."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value else ""
