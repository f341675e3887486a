"""Shows how far something is that takes time: a widget in notebooks, a line in terminals, else text."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, Protocol


class Show(Protocol):
    """Tells where things stand: what happens now, and the part that is done, if one can say."""

    def __call__(self, text: str, done: float | None = None) -> None: ...


@contextmanager
def watching(title: str) -> Iterator[Show]:
    """Show progress under this title for as long as the block takes; the last text stays readable."""
    widget = _widget(title) if _in_notebook() else None
    if widget:
        yield widget
        return
    if sys.stderr.isatty():
        with _line(title) as show:
            yield show
        return
    yield _Text(title)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _widget(title: str) -> Show | None:
    try:
        import ipywidgets as widgets
        from IPython.display import display
    except ImportError:
        return None

    bar: Any = widgets.FloatProgress(min=0, max=1, layout={"width": "240px"})
    label: Any = widgets.HTML()
    display(widgets.HBox([widgets.HTML(f"<b>{escape(title)}</b>"), bar, label]))

    def show(text: str, done: float | None = None) -> None:
        bar.bar_style = "info" if done is None else ("success" if done >= 1 else "")
        bar.value = 1 if done is None else done
        label.value = escape(text)

    return show


@contextmanager
def _line(title: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.markup import escape as plain
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[now]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(plain(title), total=None, now="")

        def show(text: str, done: float | None = None) -> None:
            total = None if done is None else 1.0
            progress.update(task, now=plain(text), total=total, completed=done or 0)

        yield show


class _Text:
    """Prints each new text once."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._last = ""

    def __call__(self, text: str, done: float | None = None) -> None:
        if text != self._last:
            self._last = text
            print(f"{self._title}: {text}", file=sys.stderr, flush=True)
