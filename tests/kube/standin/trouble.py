"""What goes wrong on demand between a client and the API."""

import re
from dataclasses import dataclass, field

from tests.kube.standin.status import Refused
from tests.kube.standin.watching import Faults


@dataclass
class Trouble:
    """One kind of failure for the next requests that fit."""

    code: int = 0
    """The status to answer with; 0 lets the request through after the delay."""
    reason: str = "InternalError"
    method: str = ""
    path: str = ".*"
    times: int = 1
    """How often; below 0 means until it is taken away."""
    seconds: float = 0
    """How long to wait first."""
    lost: bool = False
    """The request is done, and its answer gets lost: the connection ends."""
    met: int = field(default=0, init=False)

    def fits(self, method: str, path: str) -> bool:
        return self.times != 0 and self.method in ("", method) and bool(re.fullmatch(self.path, path))


class Troubles:
    """All of them, and those of the watches."""

    def __init__(self) -> None:
        self.watches = Faults()
        self._all: list[Trouble] = []

    def add(self, trouble: Trouble) -> Trouble:
        self._all.append(trouble)
        return trouble

    def end(self) -> None:
        """Nothing goes wrong any more; half-open watches go on."""
        self._all.clear()
        self.watches.half_open = False

    def next(self, method: str, path: str) -> Trouble | None:
        """What this request meets."""
        for trouble in self._all:
            if trouble.fits(method, path):
                trouble.times -= 1
                trouble.met += 1
                return trouble
        return None

    @staticmethod
    def refusal(trouble: Trouble) -> Refused:
        return Refused(trouble.code, trouble.reason, "trouble that the test asked for")
