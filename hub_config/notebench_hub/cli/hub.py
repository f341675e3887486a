"""The hub and the service as an admin's programs see them: REST, with a token that lives a minute."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from notebench.contract import API_PREFIX
from notebench.contract.errors import NotebenchError, Problem, Refused, Unavailable

from notebench_hub.instance import instance_of
from notebench_hub.place import Place
from notebench_hub.settings import Settings

_TOKEN_SECONDS = 60


class AdminClient:
    """Changes users, groups and projects of a running installation in the name of its first admin."""

    def __init__(self, place: Place, settings: Settings) -> None:
        from notebench_hub.hub.accounts import new_token  # the hub's code is heavy

        self._instance = instance_of(place, settings)
        token = new_token(place, settings.admin, note="notebench command line", expires_in=_TOKEN_SECONDS)
        headers = {"Authorization": f"token {token}"}
        self._client = httpx.Client(headers=headers, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def put_user(self, name: str, *, admin: bool) -> bool:
        """Make a user, or make one an admin; whether it is new."""
        path = f"/users/{quote(name, safe='')}"
        if self._hub("POST", path, {"admin": admin}, fine={409}) != 409:
            return True
        if admin:
            self._hub("PATCH", path, {"admin": True})
        return False

    def put_group(self, name: str, users: list[str]) -> None:
        """Make a group, and put users into it; others stay in it."""
        path = f"/groups/{quote(name, safe='')}"
        self._hub("POST", path, {}, fine={409})
        if users:
            self._hub("POST", f"{path}/users", {"users": users})

    def project_roles(self, name: str) -> dict[str, str]:
        """Roles by member of a project, empty where it is none yet."""
        found = self._service("GET", "/projects")
        members: list[dict[str, str]] = next((one["members"] for one in found if one["name"] == name), [])
        return {member["user"]: member["role"] for member in members}

    def put_project(self, name: str, roles: Mapping[str, str]) -> None:
        """Mark the group as a project in which these members have these roles."""
        members = [{"user": user, "role": role} for user, role in roles.items()]
        self._service("PUT", f"/projects/{quote(name, safe='')}", {"members": members})

    def _hub(
        self, method: str, path: str, body: object, fine: frozenset[int] | set[int] = frozenset()
    ) -> int:
        answer = self._ask("hub", method, self._instance.hub_beside_url + path, body)
        if answer.is_success or answer.status_code in fine:
            return answer.status_code
        raise Refused(
            "The hub refused this: {why}",
            "Correct it, then try again.",
            why=_message(answer),
        )

    def _service(self, method: str, path: str, body: object = None) -> Any:
        answer = self._ask("service", method, self._instance.service_url + API_PREFIX + path, body)
        if answer.is_success:
            return answer.json()
        raise _problem(answer)

    def _ask(self, part: str, method: str, url: str, body: object) -> httpx.Response:
        try:
            return self._client.request(method, url, json=body)
        except httpx.HTTPError as error:
            raise Unavailable(
                "The part {part} does not answer.",
                "Look at `notebench status`.",
                part=part,
            ) from error


def hub_answers(place: Place, settings: Settings) -> bool:
    """Whether the hub answers, where no supervisor knows it."""
    try:
        url = f"{instance_of(place, settings).hub_beside_url}/"
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("message", answer.status_code))
    except ValueError:
        return str(answer.status_code)


def _problem(answer: httpx.Response) -> NotebenchError:
    """The service's own sentence, which is in the reader's language already."""
    try:
        problem = Problem.model_validate(answer.json())
    except ValueError:
        return Unavailable("The service answered {status}.", "Look at its log.", status=answer.status_code)
    return Refused(problem.message, problem.next_step, code=problem.code)  # translated already
