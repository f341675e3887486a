"""The model server's ASGI application: routes, limits, and problems instead of tracebacks."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson

import notebench
from notebench.contract.errors import Conflict, NotebenchError, NotFound, Refused, TooLarge, Unavailable
from notebench.serving import metrics, v2
from notebench.serving.pool import Pool
from notebench.serving.predictor import Predictor
from notebench.words import translator

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, bytes, bytes]
"""Status, media type, body."""

_JSON = b"application/json"
_PROBLEM = b"application/problem+json"
_TEXT = b"text/plain; charset=utf-8"
_MODEL = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/ready|/infer)?")
_log = logging.getLogger("notebench.serving")


class App:
    """Answers as soon as it runs; predictions as soon as `serve` was called."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._predictor: Predictor | None = None
        self._pool = Pool(thread_safe=False)
        self._routes = {name: metrics.Route(name) for name in ("invocations", "infer", "other")}
        self._gets: dict[str, Callable[[], Answer]] = {
            "/health": self._ready,
            "/health/ready": self._ready,
            "/v2/health/ready": self._ready,
            "/ping": self._ready,
            "/health/live": self._live,
            "/v2/health/live": self._live,
            "/version": self._version,
            "/v2": lambda: _json(v2.server_metadata()),
            "/v2/": lambda: _json(v2.server_metadata()),
            "/metrics": lambda: (200, metrics.CONTENT_TYPE.encode(), metrics.page()),
        }

    def serve(self, predictor: Predictor, *, thread_safe: bool) -> None:
        """From now on, answer with this model."""
        served = predictor.served
        self._pool = Pool(thread_safe=thread_safe)
        self._predictor = predictor
        metrics.describe(served.name, served.version, served.flavour)
        metrics.ready.set(1)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        path = scope["path"]
        route = self._routes[
            "invocations" if path == "/invocations" else "infer" if path.endswith("/infer") else "other"
        ]
        metrics.in_flight.inc()
        try:
            status, kind, body = await self._answer(scope, path, receive)
        except NotebenchError as error:
            status, kind, body = _problem(error, scope)
            route.failed(error.kind)
        except Exception:  # nobody but the log sees a traceback
            failure = NotebenchError("The model server failed.", "See its log.", code="internal")
            _log.exception("Failed on %s %s (%s).", scope["method"], path, failure.reference)
            status, kind, body = _problem(failure, scope)
            route.failed(failure.kind)
        finally:
            metrics.in_flight.dec()
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        route.answered(status, time.perf_counter() - begun)

    async def _answer(self, scope: dict[str, Any], path: str, receive: Receive) -> Answer:
        method = scope["method"]
        if path == "/invocations" and method == "POST":
            job = self._job(scope)
            return 200, _JSON, await self._pool.run(job, await self._body(scope, receive))
        if found := _MODEL.fullmatch(path):
            return await self._model(method, found, scope, receive)
        page = self._gets.get(path)
        if page is None and path != "/invocations":
            raise NotFound("There is nothing at this address.", "Send predictions to /invocations or /v2.")
        if page is None or method not in ("GET", "HEAD"):
            raise _Method("This address does not take {method} requests.", "", code="method", method=method)
        return page()

    async def _model(
        self, method: str, found: re.Match[str], scope: dict[str, Any], receive: Receive
    ) -> Answer:
        name, version, what = found.groups()
        predictor = self._loaded()
        v2.check_model(predictor.served, name, version or "")
        if what == "/infer" and method == "POST":
            body = await self._body(scope, receive)
            return 200, _JSON, await self._pool.run(lambda data: v2.infer(predictor, data), body)
        if what == "/infer" or method not in ("GET", "HEAD"):
            raise _Method("This address does not take {method} requests.", "", code="method", method=method)
        return _json({"name": name, "ready": True} if what else v2.model_metadata(predictor.served))

    def _job(self, scope: dict[str, Any]) -> Callable[[bytes], bytes]:
        """How to answer this kind of body."""
        predictor = self._loaded()
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), _JSON)
        if kind == _JSON:
            return predictor.invoke_json
        words = [word.strip().lower() for word in kind.decode("latin-1").split(";")]
        if words[0] not in ("application/json", "text/csv") or any(
            word.replace('"', "") not in ("charset=utf-8", "charset=utf8", "") for word in words[1:]
        ):
            raise _Media(
                "A body of type {kind} is not understood.",
                "Send application/json or text/csv in UTF-8.",
                code="media-type",
                kind=";".join(words)[:200],
            )
        return predictor.invoke_json if words[0] == "application/json" else predictor.invoke_csv

    async def _body(self, scope: dict[str, Any], receive: Receive) -> bytes:
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if announced.isdigit() and int(announced) > self._limit:
            raise self._too_large()
        message = await receive()
        if not message.get("more_body"):
            body: bytes = message.get("body", b"")
            if len(body) > self._limit:
                raise self._too_large()
            return body
        chunks = bytearray(message.get("body", b""))
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Conflict("The connection was closed before the body was there.", "Send it again.")
            chunks += message.get("body", b"")
            if len(chunks) > self._limit:
                raise self._too_large()
        return bytes(chunks)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            "A body may have at most {limit} MiB.", "Send fewer rows at a time.", limit=self._limit >> 20
        )

    def _loaded(self) -> Predictor:
        if self._predictor is None:
            raise Unavailable("The model is still loading.", "Try again in a moment.", code="loading")
        return self._predictor

    def _ready(self) -> Answer:
        self._loaded()
        return _json({"ready": True})

    def _live(self) -> Answer:
        return _json({"live": True})

    def _version(self) -> Answer:
        from mlflow.version import VERSION

        del self
        return 200, _TEXT, f"{VERSION} (notebench {notebench.__version__})".encode()


class _Method(Refused):
    status = HTTPStatus.METHOD_NOT_ALLOWED


class _Media(Refused):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def _json(body: Any) -> Answer:
    return 200, _JSON, orjson.dumps(body)


def _problem(error: NotebenchError, scope: dict[str, Any]) -> Answer:
    wanted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    problem = error.problem(translator(wanted.decode("latin-1")))
    return int(error.status), _PROBLEM, problem.model_dump_json().encode()
