"""Keeps secrets out of what JupyterHub writes about a request that failed or that is none: its headers."""

import json
import logging
import re
from typing import Any

_HARMLESS = frozenset({"Accept", "Content-Length", "Content-Type", "Host", "User-Agent"})
"""The headers whose values help to find a mistake. JupyterHub hides two, but others hold tokens too."""
_LONG = re.compile(r"[A-Za-z0-9_-]{24,}")
"""Words as long as a token, which may be in any header of a request that is no proper one."""
_MALFORMED = "Malformed HTTP message"
"""What tornado writes begins so, and goes on with a header's value in quotes."""
_QUOTED = re.compile(r"['\"].*", re.DOTALL)
_HIDDEN = "[secret]"


class HideHeaders(logging.Filter):
    """Leaves the names of headers, and the values of those that hold no secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where it is one about headers; every record passes."""
        headers = _headers(record.msg)
        if headers is not None:
            shown = {_LONG.sub(_HIDDEN, name): _shown(name, str(value)) for name, value in headers.items()}
            record.msg, record.args = json.dumps(shown, indent=2), ()
        elif isinstance(record.msg, str) and record.msg.startswith(_MALFORMED):
            record.msg, record.args = _QUOTED.sub(_HIDDEN, record.getMessage()), ()
        return True


def _headers(message: object) -> dict[str, Any] | None:
    """What was said, if it is the object that JupyterHub writes."""
    if not (isinstance(message, str) and message.startswith("{")):
        return None
    try:
        said = json.loads(message)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _shown(name: str, value: str) -> str:
    return _LONG.sub(_HIDDEN, value) if name in _HARMLESS else _HIDDEN


def hide_headers() -> None:
    """From now on, in this process. Twice is the same as once."""
    from tornado.log import access_log, gen_log  # where this is needed, they have been imported

    for log in (access_log, gen_log):
        if not any(isinstance(one, HideHeaders) for one in log.filters):
            log.addFilter(HideHeaders())
