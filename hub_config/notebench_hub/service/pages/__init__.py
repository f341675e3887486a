"""Standalone pages: the panels' views under the hub, readable without a running server.

`static/` is made by the panels' build (`jlpm build:page`): `page.js` (an ES module that reads the shell's
`data-notebench` on `#notebench`), `page.css`, and whatever chunks `page.js` imports from beside it.
"""

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.pages.routes import router


def feature(parts: Parts) -> Feature:
    """The feature `pages`."""
    return Feature(name="pages", outside=[router(parts)])
