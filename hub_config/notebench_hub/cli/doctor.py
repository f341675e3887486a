"""`doctor`: whether a cluster has what Notebench needs, before and after an installation."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from notebench.contract.errors import NotFound, Refused, Unavailable
from notebench_spawner.catalogue.load import load

from notebench_hub import settings
from notebench_hub.cli import commands
from notebench_hub.cli.edge import StateDir, edge, place_of, say
from notebench_hub.cli.findings import show
from notebench_hub.doctor.checks import findings
from notebench_hub.doctor.facts import Facts, Probed
from notebench_hub.doctor.wishes import probe_image, probe_volumes
from notebench_hub.i18n import _
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file

if TYPE_CHECKING:
    from notebench_spawner.backends.kubernetes.connecting import Way

_File = Path | None


@commands.command(
    "doctor",
    help=_("Look whether a cluster has what Notebench needs; changes nothing in it without `--probe`."),
)
@edge
def doctor(
    *,
    kube: Annotated[bool, typer.Option("--kube", help=_("Look at a cluster."))] = False,
    kubeconfig: Annotated[_File, typer.Option(help=_("Kubeconfig; else what KUBECONFIG names."))] = None,
    context: Annotated[str, typer.Option(help=_("Context in it; else the current one."))] = "",
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help=_("Namespace; else that of the context."))
    ] = "",
    values: Annotated[
        _File, typer.Option("--values", "-f", help=_("Values of the chart, for its `settings`."))
    ] = None,
    catalogue: Annotated[
        _File, typer.Option(help=_("Catalogue; else the one that the settings name."))
    ] = None,
    address: Annotated[str, typer.Option(help=_("Address of an installed Notebench, for websockets."))] = "",
    probe: Annotated[
        bool, typer.Option("--probe", help=_("Make two small pods for a moment, to see network and volumes."))
    ] = False,
    image: Annotated[
        str, typer.Option(help=_("Image for them, with Python and not root's; else our minimal one."))
    ] = "",
    probe_seconds: Annotated[
        float, typer.Option(min=1, help=_("How long a pod may take to start, in seconds."))
    ] = 180,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON for programs."))] = False,
    state_dir: StateDir = None,
) -> None:
    """Exit code 0 where nothing is at fault, 4 where something is."""
    if not kube:
        raise Refused(
            "`doctor` looks at a cluster only.",
            "Say `notebench doctor --kube`; how one machine is says `notebench status`.",
            code="doctor-of-what",
        )
    chosen = _settings(values, state_dir)
    file = catalogue or catalogue_file(chosen)
    wish = _Wish(namespace, address, probe, image, probe_seconds)
    facts = _facts(_way(kubeconfig, context), chosen, file, wish)
    found = findings(facts)
    raise typer.Exit(show({"namespace": facts.namespace}, found, as_json=as_json))


def _settings(values: Path | None, state_dir: Path | None) -> Settings:
    if values is None:
        return settings.load(place_of(state_dir))
    if not values.is_file():
        raise NotFound("There is no file {file}.", "Name the values that you install with.", file=values)
    return settings.read(values, below="settings")


def _way(kubeconfig: Path | None, context: str) -> "Way":
    try:
        from notebench_spawner.backends.kubernetes.connecting import way
    except ImportError as missing:
        raise Unavailable(
            "What talks to clusters is not installed ({missing}).",
            "Install it with `pip install 'notebench-hub[kubernetes]'`.",
            code="no-kubernetes",
            missing=missing.name,
        ) from None
    return way(kubeconfig.expanduser() if kubeconfig else None, context)


@dataclass(frozen=True)
class _Wish:
    """What is to be looked at, besides what can be read."""

    namespace: str
    address: str
    probe: bool
    image: str
    seconds: float


def _facts(found: "Way", chosen: Settings, file: Path, wish: _Wish) -> Facts:
    from notebench_spawner.backends.kubernetes.asking import Asker

    from notebench_hub.doctor import reading
    from notebench_hub.doctor.probing import Probe

    document, where = load(file).document, wish.namespace or found.namespace
    say(_("Looking at {address}, namespace {namespace}.", address=found.address, namespace=where))

    async def read() -> Facts:
        asker = Asker(found.connect)

        async def probe() -> Probed:
            image = wish.image or probe_image(document)
            say(_("Making two pods of {image} for a moment.", image=image))
            pods, volumes = chosen.kubernetes.pods, probe_volumes(chosen)
            return await Probe(asker, where, image, pods, volumes, wish.seconds, say).probe()

        try:
            wanted = probe if wish.probe else None
            return await reading.facts(asker, where, chosen, document, address=wish.address, probe=wanted)
        finally:
            await asker.close()

    # Whoever ends this ends it as Ctrl-C does, so that nothing stays in the cluster.
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return asyncio.run(read())
    finally:
        signal.signal(signal.SIGTERM, before)
