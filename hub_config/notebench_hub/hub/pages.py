"""What the hub's templates can call: the translator for their reader, and what our pages show."""

import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from jupyterhub.utils import url_escape_path, url_path_join
from markupsafe import Markup, escape
from notebench_spawner.marks import N_
from notebench_spawner.sessions.endings import last_ending
from notebench_spawner.sessions.phases import WORDS
from tornado.web import RequestHandler, StaticFileHandler

from notebench_hub.hub.servers import Server, servers_of
from notebench_hub.hub.start import StartPage, start_page
from notebench_hub.i18n import negotiate, translator
from notebench_hub.reasons import in_words

STATIC = Path(__file__).parent / "static"
STATIC_HANDLER = (r"/notebench/(.*)", StaticFileHandler, {"path": str(STATIC)})


def static_version() -> str:
    """Changes whenever a style or a script does, so that browsers may keep them."""
    content = b"".join(file.read_bytes() for file in sorted(STATIC.iterdir()))
    return sha256(content).hexdigest()[:10]


class ReaderLanguage(Extension):
    """Gives templates `_("English")`, the functions below, and the filter `ticks`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["ticks"] = ticks
        environment.globals.update(
            _=say,
            language=language,
            start=start,
            steps=WORDS.items,
            servers=servers,
            ended=ended,
            server_api=server_api,
            spawn_page=spawn_page,
            cores=cores,
            memory=memory,
            day=day,
        )


def handler_language(handler: RequestHandler | None) -> str:
    """The language of who asked; English where nobody did."""
    return negotiate(handler.request.headers.get("Accept-Language")) if handler else "en"


def _handler(context: Context) -> Any:
    # The hub hands no request to templates, but a method of its handler.
    return getattr(context.get("static_url"), "__self__", None)


@pass_context
def language(context: Context) -> str:
    """The reader's language, for `<html lang>`."""
    return handler_language(_handler(context))


@pass_context
def say(context: Context, english: str, **values: object) -> str:
    """The message in the reader's language, with `{name}` places filled."""
    text = translator(language(context))(english)
    return text.format_map(values) if values else text


@pass_context
async def start(context: Context) -> StartPage:
    """What the start page shows to this reader."""
    return await start_page(_handler(context), context["for_user"], language(context))


@pass_context
def servers(context: Context) -> list[Server]:
    """The reader's servers."""
    return servers_of(_handler(context), context["user"])


@pass_context
def spawn_page(context: Context, spawner: Any) -> str:
    """The address of the start page of a server."""
    parts = (spawner.user.escaped_name, *([url_escape_path(spawner.name)] if spawner.name else []))
    return str(url_path_join(context["base_url"], "spawn", *parts))


@pass_context
def ended(context: Context, server: str) -> str:
    """How the reader's server ended, when nobody had asked it to."""
    return in_words(last_ending(context["user"].name, server), translator(language(context)))


@pass_context
def server_api(context: Context, spawner: Any) -> str:
    """The address at which the hub's API stops a server."""
    tail = ("servers", url_escape_path(spawner.name)) if spawner.name else ("server",)
    return str(url_path_join(context["base_url"], "api/users", spawner.user.escaped_name, *tail))


def ticks(text: str) -> Markup:
    """Text with what is between backticks shown as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


@pass_context
def cores(context: Context, cpu: float) -> str:
    """A number of cores."""
    count = format_decimal(cpu, locale=language(context))
    return say(context, N_("{count} core") if cpu == 1 else N_("{count} cores"), count=count)


@pass_context
def memory(context: Context, mebibytes: int) -> str:
    """An amount of memory."""
    if mebibytes < 1024:
        return f"{mebibytes} MiB"
    return f"{format_decimal(round(mebibytes / 1024, 1), locale=language(context))} GiB"


@pass_context
def day(context: Context, moment: datetime | None) -> str:
    """A date."""
    return format_date(moment, "medium", locale=language(context)) if moment else "–"


def spawner_language(spawner: Any) -> str:
    """The language of who starts a server, for what the spawner says."""
    return handler_language(getattr(spawner, "handler", None))


def start_address(handler: Any) -> str:
    """Where `/` leads: the start page, which goes on to the server where one runs."""
    if handler.current_user is None:
        return ""
    return str(handler.hub.base_url) + "spawn"
