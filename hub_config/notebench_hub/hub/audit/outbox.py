"""Events that wait for the service in the hub's database: written with the change, removed when taken."""

import asyncio
import logging
from typing import Any

import httpx
from notebench.contract import SERVICE_PREFIX
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from notebench_hub.events import MOST, Event, Events

log = logging.getLogger("notebench.audit")

TABLE = Table(
    "notebench_outbox",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)
_LOOK_SECONDS = 1.0
_LATER_SECONDS = 5.0
"""After the service was away, so long nothing is sent."""


def make_table(bind: Engine | Connection) -> None:
    """The table, where there is none yet."""
    TABLE.create(bind, checkfirst=True)


def add(connection: Connection, event: Event) -> None:
    """Keep an event in the transaction that is under way."""
    make_table(connection)
    connection.execute(insert(TABLE).values(body=event.model_dump_json()))


def waiting(engine: Engine) -> list[tuple[int, str]]:
    """The oldest events that the service does not have yet."""
    with engine.connect() as connection:
        rows = connection.execute(select(TABLE.c.id, TABLE.c.body).order_by(TABLE.c.id).limit(MOST))
        return [(row.id, row.body) for row in rows]


def forget(engine: Engine, ids: list[int]) -> None:
    """The service has these."""
    with engine.begin() as connection:
        connection.execute(delete(TABLE).where(TABLE.c.id.in_(ids)))


class Sender:
    """Sends what waits, in order, again and again until the service has taken it."""

    def __init__(self, engine: Engine, service_url: str, key: str) -> None:
        self._engine = engine
        self._url = service_url.rstrip("/") + SERVICE_PREFIX + "internal/audit"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def run(self) -> None:
        """Until the hub ends."""
        await asyncio.to_thread(make_table, self._engine)
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            while True:
                try:
                    pause = _LOOK_SECONDS if await self.once(client) else _LATER_SECONDS
                except SQLAlchemyError as error:
                    log.warning("The hub's events could not be read: %s", error)
                    pause = _LATER_SECONDS
                await asyncio.sleep(pause)

    async def once(self, client: httpx.AsyncClient) -> bool:
        """Send what waits; whether the service took it. In threads: the database may be busy."""
        while rows := await asyncio.to_thread(waiting, self._engine):
            body = Events(events=[Event.model_validate_json(text) for _, text in rows])
            if not await self._post(client, body.model_dump(mode="json")):
                return False
            await asyncio.to_thread(forget, self._engine, [number for number, _ in rows])
        return True

    async def _post(self, client: httpx.AsyncClient, body: dict[str, Any]) -> bool:
        try:
            answer = await client.post(self._url, headers=self._headers, json=body)
        except httpx.HTTPError:
            return False
        if not answer.is_success:
            log.warning("The service did not take the hub's events: %s %s", answer.status_code, answer.text)
        return answer.is_success
