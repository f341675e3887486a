"""Tells the API how the run goes: newest first, at most twice a second, kept on disk while nobody listens."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from notebench.contract import VERSION_HEADER
from notebench.contract.runs import FINAL_STATES, RunReport, RunState

_INTERVAL = 0.5  # seconds between two reports
_LONGEST_BACK_OFF = 15.0  # seconds
_TIMEOUT = 10.0  # seconds one request may take
_REFUSALS = 3  # in a row, before the run believes that it was given up
_GIVEN_UP = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}


class Poster:
    """Posts JSON to one address of the API with the run's own token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = urlsplit(url)
        self._token = token

    def __call__(self, body: bytes) -> int:
        """Status of the answer. Raises OSError or HTTPException where there is none."""
        https = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=_TIMEOUT)
        try:
            connection.request("POST", self._url.path, body, self._headers())
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def _headers(self) -> dict[str, str]:
        from notebench.contract import CONTRACT_VERSION

        return {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
            VERSION_HEADER: str(CONTRACT_VERSION),
        }


class Reporter:
    """Keeps the newest report in `state/report.json` and sends it from a thread of its own."""

    def __init__(self, state: Path, post: Poster | None) -> None:
        self._file = state / "report.json"
        self._post = post
        self._given_up: Callable[[], None] | None = None
        self._changed = threading.Condition()
        self._current = RunReport(sequence=_last_sequence(self._file), state=RunState.starting)
        self._sent = self._current.sequence
        self._closing = post is None
        self._thread = threading.Thread(target=self._send_all, name="reporter", daemon=True)
        if post:
            self._thread.start()

    @property
    def current(self) -> RunReport:
        """The newest report."""
        return self._current

    def on_given_up(self, callback: Callable[[], None]) -> None:
        """What to do, in the sender's thread, when the API refuses this run's reports for good."""
        self._given_up = callback

    def update(self, **changes: Any) -> None:
        """Change fields of the report; it is on disk when this returns, if there is room, and sent soon."""
        with self._changed:
            values = {**dict(self._current), **changes, "sequence": self._current.sequence + 1}
            self._current = RunReport.model_validate(values)
            # A full disk is no reason to end a run, and least of all to keep quiet about it.
            with contextlib.suppress(OSError):
                _write(self._file, self._current)
            self._changed.notify()

    def close(self, wait_seconds: float) -> bool:
        """Wait until the newest report was received, but not longer than this. True if it was."""
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            while not self._closing and self._sent < self._current.sequence:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            self._closing = True
            self._changed.notify()
            return self._sent >= self._current.sequence

    def _send_all(self) -> None:
        pause, refusals = _INTERVAL, 0
        while report := self._next():
            status = self._send(report)
            if status is not None and status < 300:
                self._mark_sent(report.sequence)
                pause, refusals = _INTERVAL, 0
            else:
                refusals = refusals + 1 if status in _GIVEN_UP else 0
                pause = min(pause * 2, _LONGEST_BACK_OFF)
            if refusals >= _REFUSALS:
                return self._give_up()
            self._rest(report, pause)
        return None

    def _next(self) -> RunReport | None:
        with self._changed:
            while self._sent >= self._current.sequence and not self._closing:
                self._changed.wait()
            return None if self._closing else self._current

    def _send(self, report: RunReport) -> int | None:
        try:
            return self._post(report.model_dump_json().encode()) if self._post else None
        except (OSError, http.client.HTTPException):
            return None  # the report stays on disk and is sent again

    def _mark_sent(self, sequence: int) -> None:
        with self._changed:
            self._sent = max(self._sent, sequence)
            self._changed.notify_all()

    def _rest(self, sent: RunReport, seconds: float) -> None:
        """Wait before the next report; the final one is not kept waiting by earlier ones."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while (left := deadline - time.monotonic()) > 0 and not self._closing:
                if self._current.state in FINAL_STATES and sent.state not in FINAL_STATES:
                    return
                self._changed.wait(left)

    def _give_up(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._given_up and self._current.state not in FINAL_STATES:
            self._given_up()


def _last_sequence(file: Path) -> int:
    try:
        return RunReport.model_validate_json(file.read_bytes()).sequence
    except (OSError, ValueError):
        return 0


def _write(file: Path, report: RunReport) -> None:
    temporary = file.with_suffix(".tmp")
    temporary.write_text(report.model_dump_json())
    temporary.replace(file)
