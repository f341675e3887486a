"""The desk where people keep deployments: resolves model, image and profile, and writes what is wanted."""

import secrets
from typing import Any

from notebench.contract.deployments import Deployment, DeployRequest, Desired
from notebench.contract.errors import NotFound, Refused
from notebench.contract.tracking import Signature

from notebench_hub.i18n import translator
from notebench_hub.service import resolution
from notebench_hub.service.asker import Asker
from notebench_hub.service.feature import Parts
from notebench_hub.service.ports import Models, Resolved
from notebench_hub.service.reasons import in_words
from notebench_hub.service.refusals import check_writer
from notebench_hub.service.store import Transaction, audit
from notebench_hub.service.store import deployments as rows
from notebench_hub.service.store.deployments import DeploymentRecord

MOST = 50
"""Deployments that one owner may have."""


class Desk:
    """Takes wishes in and shows what became of them."""

    def __init__(self, parts: Parts, models: Models) -> None:
        self._parts = parts
        self._models = models

    async def put(self, asker: Asker, name: str, wish: DeployRequest) -> DeploymentRecord:
        """Serve a model version under that name. Raises Refused, NotFound, NotAllowed or Unavailable."""
        owner = asker.owner
        found = await self._models.version(owner, wish.model, wish.version)
        resolved = await self._resolve(asker, wish, found.origin.image)
        words = resolution.words(resolved)
        record = DeploymentRecord(
            id=secrets.token_hex(6),
            name=name,
            user=owner.user,
            acting_for=owner.acting_for,
            model=found.model,
            version=found.version,
            replicas=wish.replicas,
            resolved=resolution.dump(resolved),
            signature=await self._signature(asker, found.model, found.version),
            image=words["image"],
            identity=words["identity"],
            profile=words["profile"],
        )
        return await self._parts.store.write(_put, record)

    async def find(self, asker: Asker, name: str) -> DeploymentRecord:
        """The deployment of that name in what the asker acts for. Raises NotFound."""
        record = await self._parts.store.read(rows.find_named, asker.owner, name)
        if record is None:
            raise NotFound(
                "There is no deployment {name}.", "Check its name.", code="deployment-unknown", name=name[:80]
            )
        return record

    async def desire(self, asker: Asker, name: str, desired: Desired) -> DeploymentRecord:
        """Stop or start it. Raises NotFound or NotAllowed."""
        record = await self.find(asker, name)
        check_writer(asker, record.owner)
        return await self._parts.store.write(_desire, record, asker.name, desired)

    async def remove(self, asker: Asker, name: str) -> None:
        """Delete it; its servers end. Raises NotFound or NotAllowed."""
        record = await self.find(asker, name)
        check_writer(asker, record.owner)
        await self._parts.store.write(_remove, record, asker.name)

    def shown(self, record: DeploymentRecord, language: str) -> Deployment:
        """The record as people see it."""
        kept = {name: getattr(record, name) for name in Deployment.model_fields if hasattr(record, name)}
        return Deployment.model_validate(
            {
                **kept,
                "reason": in_words(record.reason, translator(language)),
                "endpoint": f"{self._parts.prefix}/endpoints/{record.id}/",
                "url": self._parts.page("deployments", record.name, record.acting_for),
            }
        )

    async def _resolve(self, asker: Asker, wish: DeployRequest, origin: str) -> Resolved:
        """What was named, else the image in which the model was trained, else the usual one."""
        resolver = self._parts.resolver
        trained = origin.split(" ", maxsplit=1)[0]
        if wish.image or not trained:
            return await resolver.resolve(asker.name, wish.image, wish.profile)
        try:
            return await resolver.resolve(asker.name, trained, wish.profile)
        except Refused as error:
            if error.field != "image":
                raise
            return await resolver.resolve(asker.name, "", wish.profile)

    async def _signature(self, asker: Asker, model: str, version: str) -> dict[str, object] | None:
        try:
            found: Signature = await self._models.signature(asker.owner, model, version)
        except NotFound:
            return None
        return found.model_dump(mode="json")


def _put(tx: Transaction, record: DeploymentRecord) -> DeploymentRecord:
    before = rows.find_named(tx, record.owner, record.name)
    if before is None and len(rows.listing(tx, record.owner)) >= MOST:
        raise Refused(
            "There are {limit} deployments already.",
            "Delete some that are not needed any more.",
            code="too-many-deployments",
            limit=MOST,
        )
    after = rows.put(tx, record)
    if before is None or (before.generation, before.replicas) != (after.generation, after.replicas):
        audit.note(
            tx,
            record.user,
            record.acting_for,
            "deployment-put",
            after.id,
            concerns=before.user if before else record.user,
            before=_facts(before) if before else None,
            after=_facts(after),
            name=after.name,
        )
    return after


def _desire(tx: Transaction, record: DeploymentRecord, user: str, desired: Desired) -> DeploymentRecord:
    after = rows.desire(tx, record.id, desired)
    audit.note(
        tx,
        user,
        record.acting_for,
        "deployment-desire",
        record.id,
        concerns=record.user,
        before={"desired": record.desired},
        after={"desired": after.desired},
        name=record.name,
    )
    return after


def _remove(tx: Transaction, record: DeploymentRecord, user: str) -> None:
    audit.note(
        tx,
        user,
        record.acting_for,
        "deployment-remove",
        record.id,
        concerns=record.user,
        before=_facts(record),
        name=record.name,
    )
    rows.delete(tx, record.id)


def _facts(record: DeploymentRecord) -> dict[str, Any]:
    names = ("model", "version", "image", "identity", "profile", "replicas")
    return {name: getattr(record, name) for name in names}
