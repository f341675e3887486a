"""What can go wrong while the environment is prepared: one sentence and the next step."""

import re

from notebench_hub.bootstrap.words import _

_NO_NETWORK = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|NewConnectionError|ConnectTimeout"
    r"|Name or service not known|name resolution|dns error|error sending request|Connection refused"
    r"|Network is unreachable|Failed to fetch|No matching distribution|connection attempts failed",
    re.IGNORECASE,
)
_NO_ROOM = re.compile(r"ENOSPC|No space left on device|os error 28|Disk quota exceeded", re.IGNORECASE)
_NOT_ALLOWED = re.compile(r"EACCES|EPERM|Permission denied|os error 13|Read-only file system", re.IGNORECASE)


class Trouble(Exception):
    """A step failed; `lines` is what its program said last."""

    def __init__(self, message: str, next_step: str, lines: list[str] | None = None) -> None:
        super().__init__(message)
        self.message, self.next_step, self.lines = message, next_step, lines or []


def explain(step: str, output: str) -> Trouble:
    """Which trouble the output of a failed step tells of."""
    lines = [line for line in output.splitlines() if line.strip()][-15:]
    if _NO_ROOM.search(output):
        return Trouble(
            _("The disk is full ({step}).", step=step),
            _("Make room (a checkout needs about 3 GB), then run this again."),
        )
    if _NOT_ALLOWED.search(output):
        return Trouble(
            _("This account may not write where it must ({step}).", step=step),
            _("Correct the permissions of this folder, or clone into one of your own."),
            lines[-3:],
        )
    if _NO_NETWORK.search(output):
        return Trouble(
            _("A package registry cannot be reached ({step}).", step=step),
            _("The first start needs the network. Connect, then run this again."),
            lines[-3:],
        )
    return Trouble(
        _("This step failed: {step}.", step=step),
        _("The lines above say why. Correct it, run this again."),
        lines,
    )
