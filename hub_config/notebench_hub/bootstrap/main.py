"""Prepares what is missing or has changed, then hands over."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from notebench_hub.bootstrap import node, python
from notebench_hub.bootstrap.run import Counter
from notebench_hub.bootstrap.stamps import STAMPS, Stamps, fingerprint
from notebench_hub.bootstrap.trouble import Trouble, explain
from notebench_hub.bootstrap.words import _

_WORKSPACE = ("pyproject.toml", "extension/pyproject.toml")
_TESTS = "tests"


@dataclass(frozen=True)
class Step:
    """One thing to do: its name in the stamps, its inputs in one word, what people read, how."""

    name: str
    inputs: str
    words: str
    do: Callable[[Counter], None]


def main(root: str, words: list[str]) -> int:
    """Prepare and hand over; does not return where that works."""
    checkout = Path(root)
    environment = checkout / ".venv"
    before = os.umask(0o022)
    if os.geteuid() != 0:  # what root installs is for the accounts of all people
        os.umask(before)
    try:
        prepare(checkout, environment, with_tests=words[:1] == ["test"])
    except Trouble as trouble:
        for line in trouble.lines:
            sys.stderr.write(f"  | {line}\n")
        sys.stderr.write(f"\n{trouble.message}\n{trouble.next_step}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n" + _("Stopped. Run this again to go on.") + "\n")
        return 130
    os.umask(before)
    return hand_over(environment, words)


def prepare(root: Path, environment: Path, *, with_tests: bool) -> None:
    """Do the steps whose inputs have changed. Raises Trouble."""
    interpreter = environment / "bin" / "python"
    stamps = Stamps(environment / STAMPS)
    if not os.access(interpreter, os.X_OK) or stamps.get("environment") != str(root):
        stamps = Stamps(None)  # nothing that was done in an environment that is gone or was moved counts
    if not node.panels_built(root):
        stamps.drop("panels")
    with_tests = with_tests or bool(stamps.get(_TESTS))
    waiting = [step for step in _steps(root, environment, with_tests) if stamps.get(step.name) != step.inputs]
    if not waiting:
        return
    counter = Counter(len(waiting))
    try:
        for step in waiting:
            counter.step(step.words)
            if step.name != "environment":
                stamps.put(step.name, "")
            step.do(counter)
            if step.name == "environment":
                stamps = Stamps(environment / STAMPS)
            stamps.put(step.name, step.inputs)
            if step.name == "packages":
                stamps.put(_TESTS, "yes" if with_tests else "")
    except OSError as error:
        raise explain(counter.what, str(error)) from error
    finally:
        counter.finish()


def _steps(root: Path, environment: Path, with_tests: bool) -> list[Step]:
    interpreter = environment / "bin" / "python"
    found = node.on_path()
    locks = [root / ("requirements-test.lock" if with_tests else "requirements.lock")]
    if found is None or node.packaged(environment):  # once installed it stays, whatever PATH says today
        locks.append(root / "requirements-node.lock")
    names = [lock.name for lock in locks]

    def node_folder() -> Path:
        folder = found or node.packaged(environment)
        if folder is None:
            raise Trouble(
                _("There is no Node for this machine, neither on PATH nor as a package."),
                _("Install Node {least} or newer with npm, then run this again.", least=node.LEAST),
            )
        return folder

    packages = fingerprint(root, names)
    steps = [
        Step(
            "environment",
            str(root),
            _("Making the virtual environment"),
            lambda counter: python.make_environment(counter, environment),
        ),
        Step(
            "uv",
            python.locked_entry(locks[0].read_text(), "uv"),
            _("Installing uv"),
            lambda counter: python.install_uv(counter, interpreter, locks[0]),
        ),
        Step(
            "packages",
            packages,
            _("Installing the locked packages"),
            lambda counter: python.install_packages(counter, interpreter, locks),
        ),
        Step(
            "proxy",
            node.proxy_inputs(root),
            _("Installing the proxy"),
            lambda counter: node.install_proxy(counter, root, environment, node_folder()),
        ),
    ]
    if node.has_panels(root):
        steps.append(
            Step(
                "panels",
                node.panel_inputs(root),
                _("Building the JupyterLab extension"),
                lambda counter: node.build_panels(counter, root, environment, node_folder()),
            )
        )
    steps.append(
        Step(
            "workspace",
            fingerprint(root, _WORKSPACE, packages, str(root)),
            _("Installing Notebench itself"),
            lambda counter: python.install_workspace(counter, interpreter, root),
        )
    )
    return steps


def hand_over(environment: Path, words: list[str]) -> int:
    """Become the command line; returns only where that fails."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command = environment / "bin" / "notebench"
    try:
        os.execv(command, [str(command), *words])  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.stderr.write(_("{command} cannot be started: {why}.", command=command, why=error.strerror) + "\n")
        sys.stderr.write(_("Remove {folder} and run this again.", folder=environment) + "\n")
    return 1
