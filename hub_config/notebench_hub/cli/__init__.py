"""Operator verbs of the `notebench` command line: `up`, `down`, `status` and what else an installation needs.

`commands` is found by the `notebench` command through the entry point group `notebench.commands`;
`python -m notebench_hub.cli` is the same without the product's verbs.
"""

import typer

from notebench_hub.i18n import _

commands = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=_("Notebench on this machine."),
)

# Each module adds its commands to the group above; importing them is what makes the command line.
from notebench_hub.cli import (  # noqa: E402, F401
    audit,
    backup,
    before,
    catalogue,
    containers,
    doctor,
    look,
    people,
    stop,
    tests,
    up,
)
