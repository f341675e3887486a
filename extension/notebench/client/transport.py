"""Requests and answers: headers, the handshake, and problems turned into the contract's errors."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from notebench.client.address import Address
from notebench.contract import ACTING_HEADER, CONTRACT_VERSION, VERSION_HEADER
from notebench.contract import errors as tree
from notebench.contract.errors import NotebenchError, Problem, Refused, Unavailable
from notebench.contract.people import Hello
from notebench.words import language

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
_BY_STATUS: dict[int, type[NotebenchError]] = {
    int(kind.status): kind
    for kind in (
        tree.Refused,
        tree.NotFound,
        tree.NotAllowed,
        tree.NotSignedIn,
        tree.Conflict,
        tree.TooLarge,
        tree.Unavailable,
    )
}
_GATEWAY_AWAY = (502, 503, 504)


class Transport:
    """Sends requests to one service as one asker. Safe to keep; connects when first used."""

    def __init__(self, address: Address, acting_for: str = "", timeout_seconds: float = 30.0) -> None:
        self.address = address
        self._acting_for = acting_for
        self._timeout = timeout_seconds
        self._http: httpx.Client | None = None
        self._greeted = False

    def get(self, kind: type[T], path: str, **query: object) -> T:
        """The answer of a GET, checked against its type."""
        return self._typed(kind, self.send("GET", path, query=query))

    def ask(self, kind: type[T], method: str, path: str, body: BaseModel | None = None) -> T:
        """The answer of a write, checked against its type."""
        return self._typed(kind, self.send(method, path, body=body))

    def send(
        self, method: str, path: str, body: BaseModel | None = None, query: dict[str, object] | None = None
    ) -> "httpx.Response":
        """Any request below the API. Raises the contract's errors."""
        self.greet()
        content = body.model_dump_json(exclude_unset=True).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} if content else {}
        params = {key: str(value) for key, value in (query or {}).items() if value not in ("", None)}
        return self.raw(method, self.address.api + path, content=content, headers=headers, params=params)

    def raw(self, method: str, url: str, **how: Any) -> "httpx.Response":
        """A request to a whole address of the service or the hub. Raises the contract's errors."""
        import httpx

        try:
            answer = self._client().request(method, url, **how)
        except httpx.TimeoutException as error:
            raise Unavailable(
                "{host} took too long to answer.", "Try again in a moment.", code="slow", host=_host(url)
            ) from error
        except httpx.HTTPError as error:
            raise Unavailable(
                "{host} cannot be reached: {problem}.",
                "Check the address, and whether Notebench is running: ./notebench status",
                code="unreachable",
                host=_host(url),
                problem=error,
            ) from error
        if answer.is_success:
            return answer
        raise problem_error(answer)

    def stream(self, path: str, **query: object) -> Iterator[str]:
        """The lines of a text answer as they come."""
        import httpx

        try:
            with self._client().stream(
                "GET", self.address.api + path, params={k: str(v) for k, v in query.items()}, timeout=None
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise problem_error(answer)
                yield from answer.iter_lines()
        except httpx.HTTPError as error:
            raise Unavailable(
                "The answer broke off: {problem}.",
                "Try again in a moment.",
                code="unreachable",
                problem=error,
            ) from error

    def greet(self) -> None:
        """Shake hands once. Raises Refused where service and client do not speak the same contract."""
        if self._greeted:
            return
        hello = self._typed(Hello, self.raw("GET", self.address.api + "/hello"))
        if CONTRACT_VERSION not in hello.supported:
            raise Refused(
                "This package speaks version {ours} of the contract; Notebench {version} serves {theirs}.",
                "Start a session with a newer image, or install notebench=={version} here.",
                code="contract-unsupported",
                ours=CONTRACT_VERSION,
                version=hello.version,
                theirs=", ".join(map(str, hello.supported)),
            )
        self._greeted = True

    def _client(self) -> "httpx.Client":
        import httpx

        if self._http is None:
            headers = {VERSION_HEADER: str(CONTRACT_VERSION), "Accept-Language": language()}
            if self.address.token:
                headers["Authorization"] = f"Bearer {self.address.token}"
            if self._acting_for:
                headers[ACTING_HEADER] = self._acting_for
            self._http = httpx.Client(headers=headers, timeout=self._timeout, follow_redirects=False)
        return self._http

    def _typed(self, kind: type[T], answer: "httpx.Response") -> T:
        try:
            return TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as error:
            raise Unavailable(
                "{host} does not answer as Notebench does.",
                "Check the address; behind a proxy, check what it answers.",
                code="not-notebench",
                host=_host(str(answer.url)),
            ) from error


def below(*words: str) -> str:
    """A path below the API in which each word stays one segment, whatever people call their things."""
    return "".join("/" + quote(word, safe="") for word in words)


def problem_error(answer: "httpx.Response") -> NotebenchError:
    """The contract's error that an answer without success stands for."""
    status = answer.status_code
    kind = _BY_STATUS.get(status, Refused if status < 500 else NotebenchError)
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        return _unexplained(answer, Unavailable if status in _GATEWAY_AWAY or status < 400 else kind)
    error = kind(problem.message, problem.next_step, code=problem.code, field=problem.field)
    error.reference = problem.reference or error.reference
    return error


def _unexplained(answer: "httpx.Response", kind: type[NotebenchError]) -> NotebenchError:
    """An answer that is no `Problem`: the hub's, which has a message, or a proxy's, which has none."""
    host = _host(str(answer.url))
    with contextlib.suppress(ValueError):
        found = answer.json()
        if isinstance(found, dict) and isinstance(found.get("message"), str) and found["message"]:
            return kind("{host} answered: {problem}", host=host, problem=found["message"][:1000])
    return kind(
        "{host} answered {status} without saying why.",
        "Try again; an admin finds more in the logs.",
        host=host,
        status=answer.status_code,
    )


def _host(url: str) -> str:
    """Scheme, host and port: nothing of an address that may be secret."""
    return "/".join(url.split("/")[:3])
