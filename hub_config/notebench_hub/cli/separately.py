"""`up` by root with separate accounts: root prepares, starts the launcher, and steps back."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

import typer
from notebench.contract.errors import Conflict, Refused, Unavailable

from notebench_hub.cli import detached
from notebench_hub.cli.before import ALREADY_RUNS, COMMAND
from notebench_hub.cli.edge import say
from notebench_hub.cli.steps import Steps
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.separate import launching
from notebench_hub.separate.account import PartsAccount
from notebench_hub.separate.choice import check
from notebench_hub.separate.layout import lay_out
from notebench_hub.settings import Settings
from notebench_hub.supervisor import embedded
from notebench_hub.supervisor.claim import AlreadyRuns, decide

_STEPS_BEFORE = 2
_FIRST_OPEN_PORT = 1024
Announce = Callable[[Place, Settings], None]


def start(
    place: Place,
    settings: Settings,
    port: int | None,
    wanted: tuple[str, ...],
    *,
    announce: Announce,
    detach: bool,
    backup: bool,
) -> None:
    """From an empty directory to a working address. In the foreground until Ctrl-C or SIGTERM."""
    check(place, settings)
    if not detach:
        signal.signal(signal.SIGTERM, _as_if_by_ctrl_c)
    supervisor = None
    try:
        supervisor = _start_all(place, settings, port, wanted, backup=backup)
        announce(place, settings)
        if detach:
            return
        say(_("Ctrl-C ends Notebench and everything it started."))
        code = supervisor.wait()
    except KeyboardInterrupt:
        code = _end(supervisor)
    if code:
        raise Unavailable(
            "The supervisor was ended by something else; sessions and runs go on.",
            "`notebench up` recovers.",
            code="supervisor-lost",
        )
    launching.end(place)
    say(_("Notebench has ended, and so has everything it started."))


def _end(supervisor: detached.Supervisor | None) -> int:
    """End it with all it started; 0 where there was none yet."""
    if supervisor is None:
        return 0
    supervisor.terminate()
    return supervisor.wait()


def _as_if_by_ctrl_c(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _start_all(
    place: Place, settings: Settings, port: int | None, wanted: tuple[str, ...], *, backup: bool
) -> detached.Supervisor:
    """Prepare, then start launcher and supervisor; until all parts answer."""
    with Steps(_STEPS_BEFORE + len(wanted)) as steps, _alone(place):
        account = PartsAccount.have(place, settings)
        lay_out(place, account.owner)
        options = (
            *([] if backup else ["--without-backup"]),
            *([] if "service" in wanted else ["--without-image"]),
        )
        _before(place, account, steps, options)
        steps.done()
        _decide(place, settings, port)
        lay_out(place, account.owner)
        steps.say(_("Starting the launcher"))
        launching.start(place, settings, account)
        steps.done()
        return detached.start(place, wanted, steps, account.process(place))


def _decide(place: Place, settings: Settings, port: int | None) -> None:
    """The addresses of this start. Raises Refused for ports that the proxy cannot have."""
    instance = decide(place, settings, port)
    if instance.port < _FIRST_OPEN_PORT:
        raise Refused(
            "Port {port} is open to root only, and the proxy does not run as root.",
            "Choose one from 1024 on, and let your own TLS-terminating proxy listen on {port}.",
            code="port-privileged",
            port=instance.port,
        )
    embedded.parts(place, instance)  # missing programs are refused now


def end_leftovers(place: Place, account: PartsAccount) -> list[str]:
    """End parts that a killed supervisor left behind, with their own account. Raises AlreadyRuns."""
    return _before(place, account, None, ["--only-leftovers"])


def _before(place: Place, account: PartsAccount, steps: Steps | None, options: Sequence[str]) -> list[str]:
    """Run the command for what comes before, as the parts' account; what it told. It explains itself."""
    told = []
    with subprocess.Popen(
        [sys.executable, "-m", "notebench_hub.cli", COMMAND, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        **account.process(place),
    ) as running:
        for line in running.stdout or ():
            told.append(json.loads(line))
            if steps:
                steps.say(told[-1]["says"], told[-1]["part"])
    if running.returncode == ALREADY_RUNS:
        raise AlreadyRuns("Notebench runs already in {place}.", "", place=place.root)
    if running.returncode:
        raise typer.Exit(running.returncode)
    return [str(one["says"]) for one in told]


@contextlib.contextmanager
def _alone(place: Place) -> Iterator[None]:
    """One `up` at a time, before the supervisor has claimed the state directory."""
    place.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(place.root / "up.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "Notebench is being started in {place} already.", "Wait for it.", place=place.root
            ) from None
        yield
    finally:
        os.close(lock)
