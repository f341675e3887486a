"""`test`: the whole suite, with what it needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import typer
from notebench.contract.errors import Unavailable

import notebench_hub
from notebench_hub.cli import commands
from notebench_hub.cli.edge import edge, say
from notebench_hub.i18n import _
from notebench_hub.supervisor import programs

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_DIRECTORY = ("slapd", "ldap-utils")
_SIDE_BY_SIDE = ("--numprocesses=2", "--no-loadscope-reorder")
"""How the whole suite runs. What somebody asks for alone runs alone, with its output at once."""
_APT = ("apt-get", "install", "--yes", "--no-install-recommends")


@commands.command(
    "test",
    help=_("Run the test suite; what follows goes to pytest."),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
@edge
def test(context: typer.Context) -> None:
    """Linters and types are tests of the suite as well. The exit code is pytest's."""
    root = _checkout()
    _need_browser()
    _try_directory()
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    tools = (
        str(Path(sys.executable).parent),
        str(programs.node().parent),
    )  # linters; what runs the panels' tests
    surroundings["PATH"] = os.pathsep.join([*tools, os.environ.get("PATH", os.defpath)])
    surroundings.pop("NOTEBENCH_STATE_DIR", None)  # tests have state directories of their own
    words = context.args or _SIDE_BY_SIDE
    done = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=root, env=surroundings, check=False)
    raise typer.Exit(done.returncode)


def _checkout() -> Path:
    """The folder with the tests. Raises Unavailable for an installed package, which has none."""
    root = Path(notebench_hub.__file__).parents[2]
    if not (root / "tests").is_dir():
        raise Unavailable("An installed Notebench has no tests.", "Clone the repository to run them.")
    try:
        import pytest  # noqa: F401 - only whether it is there
    except ImportError:
        raise Unavailable("The packages for the tests are missing.", "Run `./notebench test`.") from None
    return root


def _need_browser() -> None:
    """Chromium, installed by apt-get where that is allowed. Raises Unavailable."""
    if not _installed():
        _apt(_("Installing Chromium with apt-get"), "chromium")
    if not _installed():
        raise Unavailable(
            "The tests need Chromium, and it cannot be installed from here.",
            "Install it with your system's package manager, for example `sudo apt-get install chromium`.",
            code="chromium-missing",
        )


def _try_directory() -> None:
    """A directory server, where apt-get may install it; elsewhere its tests say what they miss."""
    if not all(
        shutil.which(one, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for one in ("slapd", "ldapadd")
    ):
        _apt(_("Installing a directory server for the tests of sign-in with apt-get"), *_DIRECTORY)


def _apt(words: str, *packages: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say(words)
    # A run level in which nothing is started: the tests start a server of their own.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (("apt-get", "update"), (*_APT, *packages)):
        subprocess.run(command, env=quiet, stdout=sys.stderr, check=False)


def _installed() -> bool:
    return any(shutil.which(name) for name in _BROWSERS)
