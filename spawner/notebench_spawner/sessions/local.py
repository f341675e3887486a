"""Sessions on one machine: a process per session, made from what the Notebench service grants.

The hub asks the service before it starts anything; the session runs as a recorded process that belongs
to nobody, so that restarts of hub, proxy and service do not touch it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextvars import Context
from pathlib import Path
from typing import Any, cast

from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import random_port
from notebench.contract.sessions import SessionState
from traitlets import Any as AnyTrait
from traitlets import Unicode, default

from notebench_spawner import processes
from notebench_spawner.catalogue import environments
from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.process import process_spec
from notebench_spawner.sessions.endings import UNKNOWN, ending, remember
from notebench_spawner.sessions.granted import GrantedSession
from notebench_spawner.sessions.jupyter import as_server
from notebench_spawner.sessions.phases import TURN, WORDS, News, Step
from notebench_spawner.sessions.preparation import prepare_environment
from notebench_spawner.sessions.readiness import wait_until_answers
from notebench_spawner.sessions.turns import Turn, Turns, usual
from notebench_spawner.sessions.watch import EndWatch, watch_end
from notebench_spawner.workload import Workload

GRACE_SECONDS = 15.0
"""How long a server may take to end its kernels before it is killed."""

_AGAIN_SECONDS = 2.0


class CatalogueLocalSpawner(GrantedSession, LocalProcessSpawner):  # type: ignore[misc]  # JupyterHub has no types
    """LocalProcessSpawner whose command, environment and limits come from a granted workload."""

    workloads = Unicode(help="Directory of recorded processes.").tag(config=True)
    environments_root = Unicode(help="Directory of image environments.").tag(config=True)
    catalogue = Unicode(help="The catalogue file, for building environments.").tag(config=True)
    sockets = Unicode(help="Private directory for Unix sockets.").tag(config=True)
    tour = Unicode(help="Folder that new homes get a copy of; empty for none.").tag(config=True)
    hands = AnyTrait(help="The hands for people's processes and files; by default our own account's.").tag(
        config=True
    )
    turns = AnyTrait(help="Whose start goes on and whose waits, of all on this machine.").tag(config=True)
    news = AnyTrait(help="Progress of the start that is going on.")

    @default("hands")
    def _default_hands(self) -> Hands:
        return OwnHands(
            Path(self.workloads).parent,
            Path(self.environments_root),
            workloads=Path(self.workloads),
            sockets=Path(self.sockets),
            tour=Path(self.tour) if self.tour else None,
        )

    @default("turns")
    def _default_turns(self) -> Turns:
        return Turns(usual())

    @default("news")
    def _default_news(self) -> News:
        return News()

    process = ""
    """Id of the workload, and of its recorded process."""
    record: processes.Record | None = None
    _turn: Turn | None = None
    _end_watch: EndWatch | None = None
    _noticing: asyncio.Task[Any] | None = None
    _forgetting: asyncio.Task[None] | None = None
    _notifying = False

    # What JupyterHub keeps for us

    def get_state(self) -> dict[str, Any]:
        state = super().get_state()
        if self.session:
            state |= {"process": self.process, "port": self.port}
            if self.record:
                state["record"] = self.record.model_dump(mode="json")
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.process = state.get("process", "")
        self.port = int(state.get("port", 0))
        if "record" in state:
            self.record = processes.Record.model_validate(state["record"])

    def clear_state(self) -> None:
        super().clear_state()
        self.process, self.port, self.record = "", 0, None

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        return env  # hub users are not accounts of the system

    async def get_url(self) -> str:
        """Known to us before the hub, when the hub was killed in the middle of a start."""
        return f"http://127.0.0.1:{self.port}{self.server.base_url}" if self.port else str(self.server.url)

    @property
    def folder(self) -> Path:
        return Path(self.workloads) / self.process

    # The start

    async def run_pre_spawn_hook(self) -> None:
        """Ask, prepare, and wait for a turn: who waits does not use up the time of a start."""
        self.news = News()
        await super().run_pre_spawn_hook()
        self._turn = await self.turns.take(self._tell_turn)

    async def _prepare(self) -> None:
        self._tell(Step.choice)
        self.workload = await self._grant()
        self.process = self.workload.id
        self._tell(Step.environment)
        catalogue, root = Path(self.catalogue), Path(self.environments_root)
        self.workload = await prepare_environment(
            self.workload, catalogue, root, self._environment_news, self.hands
        )
        self._tell(Step.files)
        await asyncio.to_thread(self.hands.prepare_home, self.workload)

    async def start(self) -> tuple[str, int]:
        """Launch the granted workload and wait until it answers."""
        if self.workload is None:
            raise RuntimeError("start() without a grant")
        self._tell(Step.server)
        self.port = random_port()
        self._remember()
        try:
            await self._answers(await self._launch(self.workload))
        except Exception as error:
            raise self._refusal(error) from None
        finally:
            if self._turn:
                self._turn.end()
        await self._report(self.session, SessionState.running, url=self.server.base_url)
        return "127.0.0.1", self.port

    async def _launch(self, granted: Workload) -> processes.Record:
        runtime = await asyncio.to_thread(self.hands.make_runtime, granted)
        workload = as_server(granted, self.get_args(), self.get_env(), runtime=runtime, root=self._as_root())
        spec = process_spec(workload, Path(self.environments_root), os.environ)
        hands: Hands = self.hands
        record = await asyncio.to_thread(hands.launch, workload, spec, GRACE_SECONDS)
        self.record, self.pid = record, record.pid
        self._remember()
        return record

    def _as_root(self) -> bool:
        return os.geteuid() == 0 and not self.hands.separate

    async def _answers(self, record: processes.Record) -> None:
        def tell(fraction: float) -> None:
            self.news.tell(Step.server, self._say(WORDS[Step.server]), fraction)

        seconds = max(self.start_timeout - 5, 5)  # before the hub's own, which knows no reason
        url = f"{await self.get_url()}api"
        await wait_until_answers(url, record, self.folder, seconds=seconds, tell=tell)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Phases in the words of who started it."""
        async for event in self.news.follow():
            yield event

    # Its life and its end

    def start_polling(self) -> None:
        """The system says when the process has ended; looking now and then is for where it cannot.

        All of it outside of the request that started it: an end that is found later is nobody's deed.
        """
        Context().run(self._begin_polling)

    def _begin_polling(self) -> None:
        super().start_polling()
        self._end_watch = watch_end(self.record, self._notice)

    def stop_polling(self) -> None:
        super().stop_polling()
        if self._end_watch:
            self._end_watch.close()
            self._end_watch = None

    def _notice(self) -> None:
        self._noticing = asyncio.ensure_future(self.poll_and_notify())

    async def poll_and_notify(self) -> int | None:
        """The hub hears of the end, and forgets the server; where its database refuses, again and again."""
        if self._notifying:
            return await self.poll()
        self._notifying = True
        try:
            status = cast(int | None, await super().poll_and_notify())
        finally:
            self._notifying = False
        asked = getattr(self, "_stop_future", None)  # by somebody: then that sees to it
        if status is not None and self._stop_pending and asked is None:
            self._forgetting = asyncio.ensure_future(self._forget_again())
        return status

    async def _forget_again(self) -> None:
        """JupyterHub would leave the server "pending stop" until it is restarted itself."""
        while self._stop_pending:
            await asyncio.sleep(_AGAIN_SECONDS)
            try:
                self.user.db.rollback()
                if self.user.spawners[self.name] is self:
                    await self.user.stop(self.name)
            except Exception as error:  # whatever the database says
                self.log.warning("The end of %s could not be written: %s", self._log_name, error)

    async def poll(self) -> int | None:
        """None while the process runs, else its exit code. Says to the service how it ended, once."""
        if not self.session:
            return 0
        if processes.alive(self.record or processes.read_handle(self.folder)):
            return None
        if self.record is None:
            return 0  # granted, not launched yet
        process = self.process
        code, sentence = await ending(self.folder)
        if sentence == UNKNOWN:  # its shim was killed, which would have ended what it left behind
            await asyncio.to_thread(self.hands.end_leftovers, {process})
        if code and self.session:
            remember(self.user.name, self.name, sentence)
        state = SessionState.failed if self.failure or code else SessionState.stopped
        await self._over(state, self.failure or sentence)
        return code

    async def stop(self, now: bool = False) -> None:
        """Ask the server to end, wait until it has, tell the service."""
        if not self.session:
            return
        record = self.record or processes.read_handle(self.folder)
        await asyncio.to_thread(self.hands.ask_to_end, self.process)
        await self._gone(record)
        await asyncio.to_thread(self.hands.end_leftovers, {self.process})
        await self._over(SessionState.failed if self.failure else SessionState.stopped, self.failure)

    async def _over(self, state: SessionState, reason: str) -> None:
        """Nothing of a session is left but its folder with output and exit record."""
        if not self.session:
            return  # somebody else was here
        session, process = self.session, self.process
        self.clear_state()
        await asyncio.to_thread(self.hands.remove_runtime, process)
        await self._report(session, state, reason)

    async def _gone(self, record: processes.Record | None) -> None:
        """Wait until a process has ended, or its shim had time to kill it."""
        for _ in range(int((GRACE_SECONDS + 5) / 0.1)):
            if not processes.alive(record):
                return
            await asyncio.sleep(0.1)

    # Words

    def _tell(self, step: Step) -> None:
        self.news.tell(step, self._say(WORDS[step]))

    def _tell_turn(self, ahead: int) -> None:
        self.news.tell(Step.server, self._say(TURN).format(ahead=ahead))

    def _environment_news(self, step: environments.Step) -> None:
        doing = self._say(step.doing)
        message = f"{doing}: {step.item}" if step.item else doing
        self.news.tell(Step.environment, message, step.done / step.total)
