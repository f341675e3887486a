"""Registered models."""

from notebench.client.transport import Transport, below
from notebench.contract.tracking import (
    AliasRequest,
    ModelVersion,
    RegisteredModel,
    RegisterRequest,
    Signature,
)


class Models:
    """`/models`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def register(self, request: RegisterRequest) -> ModelVersion:
        """Register a model that an MLflow run logged."""
        return self._transport.ask(ModelVersion, "POST", "/models", request)

    def list(self) -> list[RegisteredModel]:
        """All of what the asker acts for."""
        return self._transport.get(list[RegisteredModel], "/models")

    def get(self, name: str) -> RegisteredModel:
        """One model with its versions, newest first."""
        return self._transport.get(RegisteredModel, below("models", name))

    def signature(self, name: str, version: str) -> Signature:
        """What a version takes."""
        return self._transport.get(Signature, below("models", name, "versions", version, "signature"))

    def alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        path = below("models", name, "aliases", alias)
        self._transport.send("PUT", path, AliasRequest(version=version))
