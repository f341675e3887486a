"""How full this session's home is: asked of the kernel, and measured where only a figure was agreed upon."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from notebench.contract.errors import Unavailable
from notebench.contract.homes import HomeContents, HomeLevel, HomeState, HomeWatch
from notebench.lab.home import walk
from notebench.lab.home.room import Room, room
from notebench.lab.home.safe import is_safe

SIZE_VARIABLE = "NOTEBENCH_HOME_SIZE"
"""Bytes that a home may have; empty or 0 for no limit."""

SECONDS = 30
"""How long one look may take."""

KEPT_SECONDS = 600.0
"""How long a measurement counts. What this session removes is seen at once."""

_FILLING = 0.9
_SCARCE = 512 * 2**20  # of a disk that many share, nine tenths say little: only this is little for one


class Watch:
    """The home of this session."""

    def __init__(self, home: Path, size: int = 0) -> None:
        self.home = home
        self.size = size
        self._contents: HomeContents | None = None
        self._at = 0.0
        self._looking = asyncio.Lock()
        self._begun: asyncio.Task[HomeContents] | None = None

    @classmethod
    def of_session(cls, environ: Mapping[str, str] = os.environ) -> "Watch":
        """As Notebench told it in the environment."""
        size = environ.get(SIZE_VARIABLE, "")
        return cls(Path(environ.get("HOME", "/")), int(size) if size.isdecimal() else 0)

    async def state(self) -> HomeState:
        """Quick: a measurement that is due begins, and the last one's figures are told. Raises OSError."""
        here = await asyncio.to_thread(room, self.home)
        if self.size and here.total > self.size and self._is_old():
            self._begin()
        return judge(here, self.size, self._contents.used if self._contents else None)

    async def contents(self, *, fresh: bool = False) -> HomeContents:
        """What fills it. Raises Unavailable."""
        if self._contents is None or fresh or self._is_old():
            return await self._look()
        return self._contents

    def changed(self) -> None:
        """Something was removed: the last measurement does not count any more."""
        self._at = 0.0

    def _is_old(self) -> bool:
        return self._contents is None or time.monotonic() - self._at > KEPT_SECONDS

    def _begin(self) -> None:
        if self._begun is None or self._begun.done():
            self._begun = asyncio.create_task(self._look())
            self._begun.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _look(self) -> HomeContents:
        async with self._looking:
            begun = time.monotonic()
            idle = ["ionice", "-c", "3"] if shutil.which("ionice") else []
            command = [*idle, sys.executable, "-I", "-S", str(walk.__file__), str(self.home), str(SECONDS)]
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(*command, stdout=pipe)
            try:
                said, _ = await asyncio.wait_for(process.communicate(), SECONDS * 2)
                self._contents = HomeContents.model_validate(json.loads(said))
            except (TimeoutError, ValueError) as error:
                if process.returncode is None:
                    process.kill()
                raise Unavailable(
                    "It could not be found out what fills the home.", "Try again.", code="home-unread"
                ) from error
            self._at = begun
            return self._contents


def judge(here: Room, size: int, measured: int | None) -> HomeState:
    """How full it is. `size` is what a home may have, 0 for no limit; `measured` what was found in it."""
    if size and here.total <= size:  # the file system answers for the home alone: it has a quota
        used: int | None = here.total - max(here.free, 0)
        watch, limit = HomeWatch.quota, here.total
    elif size:
        used, watch, limit = measured, HomeWatch.measured, size
    else:
        used, watch, limit = None, HomeWatch.disk, 0
    share = used / limit if used is not None and limit else 0.0
    level = HomeLevel.ok
    if here.full or share >= 1:
        level = HomeLevel.full
    elif share >= _FILLING or here.free < min(_SCARCE, (1 - _FILLING) * here.total):
        level = HomeLevel.filling
    return HomeState(
        level=level, safe=is_safe(), watch=watch, used=used, size=limit or None, free=max(here.free, 0)
    )
