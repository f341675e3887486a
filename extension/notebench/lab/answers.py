"""Answers of our handlers: contract types and Problems, in the reader's language."""

from collections.abc import Awaitable

from jupyter_server.base.handlers import APIHandler

from notebench.contract.base import Answer
from notebench.contract.errors import NotebenchError
from notebench.lab.language import translator


class Handler(APIHandler):  # type: ignore[misc]  # Jupyter's classes have no types
    """The Jupyter server's own login and XSRF checks, and our way of saying things."""

    _track_activity = False  # panels that refresh must not keep an idle session alive

    async def guarded(self, work: Awaitable[None]) -> None:
        """Await `work`; an error of the contract becomes its Problem."""
        try:
            await work
        except NotebenchError as error:
            self.set_status(error.status)
            problem = error.problem(translator(self.request.headers.get("Accept-Language", "")))
            self.say(problem, "application/problem+json")

    def say(self, answer: Answer, content_type: str = "application/json") -> None:
        """End with the answer as JSON."""
        self.write(answer.model_dump_json())
        self.end(content_type)

    def end(self, content_type: str) -> None:
        """End; the base class would call everything JSON."""
        self.finish(set_content_type=content_type)
