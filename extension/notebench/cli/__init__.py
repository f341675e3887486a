"""The `notebench` command line: the product's verbs, and whatever other packages plug in.

Other distributions add commands through the entry point group `notebench.commands` (each a `typer.Typer`,
merged at the top level), and say where the installation on this machine is through the group
`notebench.local` (each a callable that returns `(url, token)` or None; see `notebench.client.address`).

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the service, 4 not reachable.
"""

import sys
from importlib.metadata import entry_points

COMMANDS_GROUP = "notebench.commands"


def main() -> None:
    """The console script."""
    import typer

    from notebench.cli.app import app

    known = {command.name for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    # What others plug in is loaded only where it is asked for: it may import much more than this package.
    if not (sys.argv[1:] and sys.argv[1] in known):
        for point in sorted(entry_points(group=COMMANDS_GROUP), key=lambda point: point.name):
            more = point.load()
            if isinstance(more, typer.Typer):
                app.add_typer(more)
    app(prog_name="notebench")
