"""What every spawner of sessions does, whatever it launches: ask the service, and tell it what became."""

from typing import TYPE_CHECKING, Any, cast

from jupyterhub.spawner import SpawnException
from jupyterhub.utils import maybe_future
from notebench.contract.errors import NotebenchError, Refused
from notebench.contract.sessions import SessionState, SessionUpdate
from traitlets import Any as AnyTrait
from traitlets import Callable, Unicode, default

from notebench_spawner.sessions.choice import session_request
from notebench_spawner.sessions.endings import forget
from notebench_spawner.sessions.refusals import REFUSALS, refusal, unforeseen
from notebench_spawner.sessions.service import DeniedError, SessionsDoor
from notebench_spawner.workload import Workload

if TYPE_CHECKING:
    from jupyterhub.spawner import Spawner as Base
else:  # JupyterHub has no Spawner that does not say itself how it starts
    from traitlets.config import LoggingConfigurable as Base


class GrantedSession(Base):  # type: ignore[misc]  # JupyterHub has no types
    """Beside one of JupyterHub's spawners: it starts what the service grants, or says why not."""

    service_url = Unicode(help="Address of the Notebench service.").tag(config=True)
    service_key = Unicode(help="The key that opens the service's internal routes.").tag(config=True)
    language_of = Callable(lambda spawner: "en", help="The language of who starts a server.").tag(config=True)
    translator = Callable(lambda language: str, help="From a language to a function on texts.").tag(
        config=True
    )

    apply_user_options = AnyTrait(lambda spawner, options: None)  # the service resolves them, see `_grant`

    door = AnyTrait(help="The service's internal routes.")

    @default("door")
    def _default_door(self) -> SessionsDoor:
        return SessionsDoor(self.service_url, self.service_key)

    @default("env_keep")
    def _env_keep_default(self) -> list[str]:
        return []  # what makes the workload's process or pod decides what is passed on

    workload: Workload | None = None
    """What was granted; None when this hub process did not start it."""
    session = ""
    """Id of the session's record; empty when there is none."""
    failure = ""
    """Why the start failed, for the session's record."""
    language = "en"

    # What JupyterHub keeps for us

    def get_state(self) -> dict[str, Any]:
        state = cast(dict[str, Any], super().get_state())
        return state | ({"session": self.session} if self.session else {})

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.session = state.get("session", "")

    def clear_state(self) -> None:
        super().clear_state()
        self.session, self.workload = "", None

    # The start

    async def run_pre_spawn_hook(self) -> None:
        """Ask the service and prepare: outside the hub's start timeout, which is not for building."""
        self.failure = ""
        forget(self.user.name, self.name)
        self.language = self.language_of(self)
        try:
            await self._prepare()
        except Exception as error:
            raise self._refusal(error) from None
        await maybe_future(super().run_pre_spawn_hook())

    async def _prepare(self) -> None:
        """Get leave; a spawner makes here what must be there before the start."""
        await self._grant()

    async def _grant(self) -> Workload:
        """What the service grants for what was asked. Raises NotebenchError or DeniedError."""
        request = session_request(self.user.name, self.name, self.user_options or {})
        grant = await self.door.grant(request, self.language)
        self.session = grant.id
        self.workload = Workload.model_validate(grant.workload)
        return self.workload

    def options_from_query(self, query_data: dict[str, list[str]]) -> dict[str, Any]:
        """JupyterHub starts a server when a link with a query is followed; we let people press the button."""
        self.language = self.language_of(self)
        raise self._refusal(
            Refused("A link does not start a server.", "Choose below, then start.", code="start-by-link")
        )

    # Its record

    def _remember(self) -> None:
        """Store the state now: a hub that is killed during the start finds again what it started."""
        self.orm_spawner.state = self.get_state()
        self.user.db.commit()

    async def _report(self, session: str, state: SessionState, reason: str = "", url: str = "") -> None:
        """Tell the service; where it is away its own look at the hub finds out later."""
        try:
            await self.door.tell(session, SessionUpdate(state=state, reason=reason, url=url))
        except (NotebenchError, DeniedError) as error:
            self.log.warning("Session %s is %s, but the service was not told: %s", session, state, error)

    # Words

    def _say(self, english: str) -> str:
        return str(self.translator(self.language)(english))

    def _refusal(self, error: Exception) -> SpawnException:
        """The error as the hub shows it. What nobody foresaw goes to the log, under a code people see."""
        if not isinstance(error, REFUSALS):
            ours = unforeseen()
            self.log.error("Starting %s, code %s:", self._log_name, ours.reference, exc_info=error)
            error = ours
        exception, self.failure = refusal(error, self.translator(self.language))
        return exception
