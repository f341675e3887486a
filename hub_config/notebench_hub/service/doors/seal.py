"""Sealed cookies: what a browser carries for us is encrypted and dated; only the service reads it."""

import base64
import json
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """Encrypts small facts with one secret. What is too old, torn or foreign opens as None."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(sha256(secret.encode()).digest()))

    def close(self, purpose: str, facts: dict[str, str]) -> str:
        """The facts as one word that fits a cookie; `purpose` must be named again to open it."""
        return self._fernet.encrypt(json.dumps([purpose, facts]).encode()).decode()

    def open(self, purpose: str, word: str, seconds: int) -> dict[str, str] | None:
        """The facts, if the word was closed here for this purpose within the last `seconds`."""
        try:
            found, facts = json.loads(self._fernet.decrypt(word.encode(), ttl=seconds))
        except (InvalidToken, ValueError):
            return None
        return facts if found == purpose else None
