"""The API's doors: authenticate, authorize, do, answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.kube.standin import address, deleting, discovery, rbac, status, watching, writing
from tests.kube.standin.access import Access, User, review
from tests.kube.standin.address import Address
from tests.kube.standin.kinds import Object
from tests.kube.standin.store import Store
from tests.kube.standin.trouble import Troubles

Logs = Callable[[Object, Any], Awaitable[Response]]


@dataclass(frozen=True)
class Seen:
    """One request as it was answered."""

    method: str
    path: str
    query: str
    verb: str
    user: str
    code: int


class Api:
    """The HTTP side of the stand-in; `logs` answers for a pod's output."""

    def __init__(self, store: Store, access: Access, troubles: Troubles, logs: Logs) -> None:
        self.store, self.access, self.troubles, self.logs = store, access, troubles, logs
        self.seen: list[Seen] = []
        self.bookmark_seconds = 60.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = await self._any(Request(scope, receive))
            await answer(scope, receive, send)
        except watching.Dropped:
            # No answer at all, as from a server that died; the protocol knows only proper ends.
            send.__self__.transport.abort()  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)  # until the web server knows

    async def _any(self, request: Request) -> Response:
        path, who = request.url.path, ""
        request.state.verb = ""
        trouble = self.troubles.next(request.method, path)
        try:
            if trouble:
                await asyncio.sleep(trouble.seconds)
                if trouble.code:
                    raise self.troubles.refusal(trouble)
            if open_to_all := discovery.open_to_all(path):
                return open_to_all
            user = self.access.who(request.headers.get("Authorization", ""))
            who = user.name
            answer = await self._for(user, request)
        except status.Refused as refused:
            answer = JSONResponse(refused.body(), refused.code, _retry(refused))
        except status.NoSuchPlace as nothing:
            answer = PlainTextResponse(nothing.text, 404)
        self.seen.append(
            Seen(request.method, path, request.url.query, request.state.verb, who, answer.status_code)
        )
        if trouble and trouble.lost:
            raise watching.Dropped
        return answer

    async def _for(self, user: User, request: Request) -> Response:
        path = request.url.path.rstrip("/")
        if path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" and request.method == "POST":
            return JSONResponse(review(self.access, user, await _body(request)), 201)
        if (about := discovery.about(path)) is not None:
            return JSONResponse(about)
        place = address.read(path)
        query = request.query_params
        watch = query.get("watch", "").lower() in ("1", "true")
        verb = request.state.verb = place.verb(request.method, watch=watch)
        self.access.check(user, verb, place.kind, place.sub, place.namespace, place.name)
        return await self._do(verb, place, request)

    async def _do(self, verb: str, place: Address, request: Request) -> Response:
        store, kind, space, name = self.store, place.kind, place.namespace, place.name
        match verb:
            case "get" if place.sub == "log":
                return await self.logs(writing.read(store, kind, space, name), request)
            case "get":
                return JSONResponse(writing.read(store, kind, space, name))
            case "list":
                return JSONResponse(watching.listed(store, _asked(place, request)))
            case "watch":
                return self._watch(_asked(place, request))
            case "create" if place.sub == "token":
                account = writing.read(store, kind, space, name)
                return JSONResponse(rbac.token(self.access, account, await _body(request)), 201)
            case "create":
                dry = request.query_params.get("dryRun") == "All"
                return JSONResponse(writing.create(store, kind, space, await _body(request), dry=dry), 201)
            case "update":
                return JSONResponse(writing.update(store, kind, space, name, await _body(request), place.sub))
            case "patch":
                steps, how = await _body(request), request.headers.get("Content-Type", "")
                return JSONResponse(writing.patch(store, kind, space, name, steps, how, place.sub))
            case "delete":
                answer, warnings = deleting.delete(store, kind, space, name, await _options(request))
                headers = {"Warning": ", ".join(f'299 - "{one}"' for one in warnings)} if warnings else None
                return JSONResponse(answer, headers=headers)
        return JSONResponse(await self._delete_all(place, request))

    async def _delete_all(self, place: Address, request: Request) -> Object:
        """Each one as DELETE does it; answered is the list as it was. Transcript: delete-collection."""
        options, found = await _options(request), watching.listed(self.store, _asked(place, request))
        for thing in found["items"]:
            meta = thing["metadata"]
            if self.store.find(place.kind, meta.get("namespace", ""), meta["name"]):
                deleting.delete(self.store, place.kind, meta.get("namespace", ""), meta["name"], options)
        return found

    def _watch(self, asked: watching.Asked) -> Response:
        asked.chosen()  # refuse a bad selector before anything is sent
        events = watching.watched(self.store, asked, self.troubles.watches, self.bookmark_seconds)

        async def lines() -> AsyncIterator[bytes]:
            async for event in events:
                yield json.dumps(event).encode() + b"\n"

        return StreamingResponse(lines(), media_type="application/json")


def _retry(refused: status.Refused) -> dict[str, str] | None:
    return {"Retry-After": "1"} if refused.code in (429, 503) else None


def _asked(place: Address, request: Request) -> watching.Asked:
    query = request.query_params
    for word in ("resourceVersion", "limit", "timeoutSeconds"):
        if query.get(word) and not query[word].isdigit():
            raise status.bad_request(f"{word}: Invalid value: {query[word]!r}")
    return watching.Asked(
        place.kind,
        place.namespace,
        version=query.get("resourceVersion", ""),
        labels=query.get("labelSelector", ""),
        fields=query.get("fieldSelector", "") or (f"metadata.name={place.name}" if place.name else ""),
        limit=int(query.get("limit") or 0),
        proceed=query.get("continue", ""),
        seconds=float(query.get("timeoutSeconds") or 0),
        bookmarks=query.get("allowWatchBookmarks", "").lower() in ("1", "true"),
    )


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise status.bad_request("the object provided is unrecognized (must be of type Object)") from None


async def _options(request: Request) -> Object:
    """DeleteOptions from the body, or from the query as older clients send them."""
    options: Object = await _body(request) if await request.body() else {}
    for word in ("propagationPolicy", "gracePeriodSeconds"):
        if value := request.query_params.get(word):
            options.setdefault(word, int(value) if value.isdigit() else value)
    if request.query_params.get("dryRun"):
        options.setdefault("dryRun", ["All"])
    return options
