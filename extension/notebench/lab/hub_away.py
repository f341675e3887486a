"""Keeps people in their Jupyter server while the hub does not answer: it asks the hub every ten seconds.

Whom the hub named lately stays in for a minute, as at the Notebench service; nobody new comes in.
"""

import time
from typing import Any

from tornado.web import HTTPError

STAY_SECONDS = 50.0
"""Beyond the ten seconds that JupyterHub's own memory lasts."""

_KEPT = 1000


class Lately:
    """What the hub said about whom, and when."""

    def __init__(self, auth: Any) -> None:
        self._auth, self._ask = auth, auth._check_hub_authorization
        self._said: dict[str, tuple[float, Any]] = {}
        auth._check_hub_authorization = self._check

    def forget(self) -> None:
        """Somebody is out: the hub is asked about everybody anew."""
        self._auth.cache.clear()
        self._said.clear()

    async def _check(self, url: str, api_token: str, cache_key: str = "", use_cache: bool = True) -> Any:
        """As JupyterHub's `HubAuth` asks, which has no setting for a hub that is away."""
        try:
            user = await self._ask(url, api_token, cache_key=cache_key, use_cache=use_cache)
        except HTTPError as error:
            when, user = self._said.get(cache_key, (-STAY_SECONDS, None))
            if not use_cache or error.status_code < 500 or time.monotonic() - when > STAY_SECONDS:
                raise
            return user
        if use_cache:
            self._remember(cache_key, user)
        return user

    def _remember(self, key: str, user: Any) -> None:
        self._said.pop(key, None)
        if user is not None:
            self._said[key] = time.monotonic(), user
        if len(self._said) > _KEPT:
            del self._said[next(iter(self._said))]
