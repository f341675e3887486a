"""What the hub's templates can call: the translator for their reader, and the start page's content."""

from typing import Any

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from tornado.web import RequestHandler

from notebench_hub.hub.start import StartPage, start_page
from notebench_hub.i18n import negotiate, translator


class ReaderLanguage(Extension):
    """Gives templates `_("English")`, `language()` and `start()`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals.update(_=say, language=language, start=start)


def handler_language(handler: RequestHandler | None) -> str:
    """The language of who asked; English where nobody did."""
    return negotiate(handler.request.headers.get("Accept-Language")) if handler else "en"


@pass_context
def language(context: Context) -> str:
    """The reader's language, for `<html lang>`."""
    # The hub hands no request to templates, but a method of its handler.
    return handler_language(getattr(context.get("static_url"), "__self__", None))


@pass_context
def say(context: Context, english: str, **values: object) -> str:
    """The message in the reader's language, with `{name}` places filled."""
    text = translator(language(context))(english)
    return text.format_map(values) if values else text


@pass_context
async def start(context: Context, for_user: Any, spawner: Any) -> StartPage:
    """What the start page shows to this reader."""
    return await start_page(for_user, spawner, language(context))


def spawner_language(spawner: Any) -> str:
    """The language of who starts a server, for what the spawner says."""
    return handler_language(getattr(spawner, "handler", None))


def start_address(handler: Any) -> str:
    """Where `/` leads: the start page, which goes on to the server where one runs."""
    if handler.current_user is None:
        return ""
    return str(handler.hub.base_url) + "spawn"
