"""The HTML around the views: one shell, and one plain page for what goes wrong before them."""

import json
from hashlib import sha256
from html import escape
from pathlib import Path

from notebench.contract.errors import NotebenchError, NotSignedIn
from notebench_spawner.marks import N_
from starlette.responses import HTMLResponse

from notebench_hub.i18n import translator
from notebench_hub.service.asker import Asker

_NO_SCRIPT = N_("These pages need JavaScript.")

STATIC = Path(__file__).parent / "static"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # charts size themselves with style attributes
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self' blob:",  # what users made is shown in sandboxed frames
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def shell(prefix: str, hub: str, asker: Asker, language: str) -> HTMLResponse:
    """The page in which the views run; they learn who reads from `data-notebench`."""
    facts = {
        "base_url": f"{prefix}/",
        "api_url": f"{prefix}/api/v1",
        "hub_url": hub,
        "language": language,
        "user": asker.name,
        "admin": asker.admin,
        "acting_for": asker.acting_for,
        "role": asker.role.value,
        "projects": [one.model_dump(mode="json") for one in asker.projects],
    }
    body = (
        f"<div id='notebench' data-notebench=\"{escape(json.dumps(facts), quote=True)}\"></div>"
        f"<noscript>{escape(translator(language)(_NO_SCRIPT))}</noscript>"
        f"<script type='module' src='{prefix}/static/page.js?v={_mark('page.js')}'></script>"
    )
    head = f"<link rel='stylesheet' href='{prefix}/static/page.css?v={_mark('page.css')}'>"
    return HTMLResponse(_document(language, head, body), headers=HEADERS)


def trouble(error: NotebenchError, language: str) -> HTMLResponse:
    """A plain page that says what was wrong and what to do."""
    problem = error.problem(translator(language))
    body = (
        f"<main><h1>{escape(problem.message)}</h1><p>{escape(problem.next_step)}</p>"
        f"<p><small>{problem.reference}</small></p></main>"
    )
    return HTMLResponse(_document(language, "", body), status_code=error.status, headers=HEADERS)


def needs_login(error: NotebenchError) -> bool:
    """Whether a login would help."""
    return isinstance(error, NotSignedIn)


def _document(language: str, head: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>Notebench</title>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta name='color-scheme' content='light dark'>{head}</head><body>{body}</body></html>"
    )


def _mark(name: str) -> str:
    """Changes with the file, so that browsers may keep it for ever."""
    file = STATIC / name
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "none"
