"""Runs a supervisor in this process, from the first part's start to the last process's end."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence

from notebench_spawner.hands import Hands, end_all

from notebench_hub.place import Place
from notebench_hub.supervisor.control import ControlServer
from notebench_hub.supervisor.helper import Helper
from notebench_hub.supervisor.keeper import Pace
from notebench_hub.supervisor.part import Part
from notebench_hub.supervisor.supervisor import Supervisor
from notebench_hub.supervisor.view import View

log = logging.getLogger(__name__)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def _nothing() -> None:
    return


def _ignore(_view: View) -> None:
    return


async def supervise(
    place: Place,
    parts: Sequence[Part],
    hands: Hands,
    *,
    watch: Callable[[View], None] = _ignore,
    ready: Callable[[], Awaitable[None]] = _nothing,
    helpers: Sequence[Helper] = (),
    pace: Pace = Pace(),
) -> None:
    """Start the parts and keep them alive until a signal or `down`; then end everything.

    `watch` sees the parts some times a second until they all answer, `ready` is called once they do, then
    `helpers` run. To be called with the state directory claimed. Raises PartFailed, with all parts ended but
    workloads untouched.
    """
    supervisor = Supervisor(parts, place, pace=pace)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` ignores SIGHUP, and so do we then
            loop.add_signal_handler(number, supervisor.stop)
    async with ControlServer(supervisor, place):
        beside: list[asyncio.Task[None]] = []
        watcher = asyncio.create_task(_watch(supervisor, watch))
        try:
            await supervisor.start()
            watcher.cancel()
            watch(supervisor.view())
            if not supervisor.stopping:
                await ready()
                beside = [asyncio.create_task(helper.run()) for helper in helpers]
            await supervisor.run()
        finally:
            for task in (watcher, *beside):
                task.cancel()
            await supervisor.end()
            await asyncio.gather(*beside, return_exceptions=True)
        # After the parts: a service that sees a model server end would start it again.
        ended = await asyncio.to_thread(end_all, hands)
        log.info("Ended %d workloads.", len(ended))


async def _watch(supervisor: Supervisor, watch: Callable[[View], None]) -> None:
    while True:
        watch(supervisor.view())
        await asyncio.sleep(0.1)
