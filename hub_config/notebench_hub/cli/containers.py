"""`images`: the container images of a cluster, built from the same locks as one machine's environments."""

from typing import Annotated

import typer
from notebench_spawner.catalogue.load import load
from rich.console import Console
from rich.table import Table

from notebench_hub import settings
from notebench_hub.cli import commands
from notebench_hub.cli.edge import StateDir, edge, place_of, say
from notebench_hub.containers import building
from notebench_hub.i18n import _
from notebench_hub.shipped import catalogue_file

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
    option: Annotated[
        list[str] | None, typer.Option("--option", help=_("A further word for the builder; may be repeated."))
    ] = None,
) -> None:
    """Print the image's id; where it is pushed to, and the digest there, is the registry's to say."""
    called = tag or f"notebench/{name}:{building.version()}"
    wanted = building.Wanted(name, called, base, revision, source, tuple(option or ()))
    found = building.build(wanted, say)
    say(_("Built {tag}. Push it, then write its digest into the catalogue.").format(tag=called))
    Console().print(found, highlight=False)
