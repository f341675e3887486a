"""`images`: the container images of a cluster, built from the same locks as one machine's environments."""

from pathlib import Path
from typing import Annotated

import typer
from notebench_spawner.catalogue.load import load
from rich.console import Console
from rich.table import Table

from notebench_hub import settings
from notebench_hub.cli import commands
from notebench_hub.cli.edge import StateDir, edge, place_of, say
from notebench_hub.cli.findings import show
from notebench_hub.containers import adopting, building
from notebench_hub.containers.facts import facts
from notebench_hub.containers.judging import findings
from notebench_hub.containers.looking import opened
from notebench_hub.i18n import _
from notebench_hub.shipped import catalogue_file

_Reference = Annotated[str, typer.Argument(metavar="REF", help=_("Name or digest of a container image."))]
_Options = Annotated[
    list[str] | None, typer.Option("--option", help=_("A further word for the builder; may be repeated."))
]
_Environment = Annotated[str, typer.Option("--environment", help=_("Folder of its Python environment."))]
_USUAL = "/opt/notebench"

group = typer.Typer(no_args_is_help=True, help=_("Container images for a cluster."))
commands.add_typer(group, name="images")


@group.command("list", help=_("Show the catalogue's images, and which of them a cluster can start."))
@edge
def list_images(state_dir: StateDir = None) -> None:
    """A version without a digest is shown: a cluster does not start it."""
    catalogue = load(catalogue_file(settings.load(place_of(state_dir))))
    table = Table(_("Image"), _("Version"), _("State"), _("On a cluster"))
    for image in catalogue.document.images:
        for version in image.versions:
            where = version.kubernetes.reference if version.kubernetes else ""
            table.add_row(image.id, version.name, version.state.value, where or _("no digest yet"))
    Console().print(table)


@group.command("build", help=_("Build a container image with buildah, podman or docker."))
@edge
def build_image(
    *,
    name: Annotated[str, typer.Argument(help=_("Name of the image, or `hub` or `service`."))],
    tag: Annotated[str, typer.Option("--tag", help=_("Its name; else notebench/NAME:VERSION."))] = "",
    base: Annotated[str, typer.Option("--base", help=_("Image with Python 3.11 that it is built on."))] = "",
    revision: Annotated[
        str, typer.Option("--revision", help=_("The commit; else that of the checkout."))
    ] = "",
    source: Annotated[
        str, typer.Option("--source", help=_("Address of the sources that it is built from."))
    ] = "",
    option: _Options = None,
) -> None:
    """Print the image's id; where it is pushed to, and the digest there, is the registry's to say."""
    called = tag or f"notebench/{name}:{building.version()}"
    wanted = building.Wanted(name, called, base, revision, source, tuple(option or ()))
    found = building.build(wanted, say)
    say(_("Built {tag}. Push it, then write its digest into the catalogue.").format(tag=called))
    Console().print(found, highlight=False)


@group.command(
    "check", help=_("Look whether somebody's image can be one of Notebench's; runs it without network.")
)
@edge
def check_image(
    reference: _Reference,
    *,
    environment: _Environment = _USUAL,
    option: _Options = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON for programs."))] = False,
) -> None:
    """Exit code 0 where nothing is at fault, 4 where something is."""
    say(
        _(
            "Looking into {reference}; its programs run as a user id that it does not know.",
            reference=reference,
        )
    )
    with opened(reference, tuple(option or ())) as image:
        found = findings(facts(image, environment.rstrip("/")))
    raise typer.Exit(show({"image": reference}, found, as_json=as_json))


@group.command("adopt", help=_("Write the Containerfile that makes somebody's image one of Notebench's."))
@edge
def adopt_image(
    reference: _Reference,
    *,
    like: Annotated[str, typer.Option("--like", help=_("Our image whose packages it gets."))] = "minimal",
    name: Annotated[str, typer.Option("--name", help=_("Its title."))] = "adopted",
    into: Annotated[Path, typer.Option("--into", help=_("Folder to write to."))] = Path("adopted"),
    option: _Options = None,
) -> None:
    """What is assumed is said on the standard error, the folder is printed."""
    base = adopting.pinned(reference, tuple(option or ()))
    adopting.adopt(base, like, name, into)
    if "@" not in base:
        say(
            _(
                "The digest of {reference} is not known. Write it behind FROM, or what is built may change.",
                reference=base,
            )
        )
    say(
        _(
            "It is assumed that {reference} has `python3`, 3.11 or newer, with `venv`, and that its packages "
            "work with the versions that the lock of {like} has, which win. git is not added. Its user "
            "becomes 1000:0, its home /home/notebench.",
            reference=reference,
            like=like,
        )
    )
    say(
        _(
            "Build it with `buildah build --tag {name} {folder}`; then `notebench images check {name}` looks "
            "whether it fits.",
            name=name,
            folder=into,
        )
    )
    Console().print(str(into / "Containerfile"), highlight=False, soft_wrap=True)
