"""Whether an image is ours: what is known of it becomes findings, each with what to do."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from notebench.contract import SUPPORTED_VERSIONS

from notebench_hub.containers.facts import TITLE_LABEL, Facts
from notebench_hub.containers.judging_files import credentials, described
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

CONTRACT_LABEL = "org.notebench.contract"
_LABELS = tuple(f"org.opencontainers.image.{name}" for name in ("version", "revision", "source"))
_LEAST = (3, 11)


def findings(facts: Facts) -> list[Finding]:
    """In the order in which they are worth reading. What does not begin is said once, not ten times."""
    found = [labels(facts), contract(facts), user(facts), anybody(facts)]
    if facts.works:
        found += [python(facts), *_of_its_kind(facts)]
    return [*found, credentials(facts), described(facts)]


def _of_its_kind(facts: Facts) -> Iterator[Finding]:
    if facts.of_a_part:
        yield part(facts)
        return
    yield from (check(facts) for check in (home, environment, ours, kernel, session))


def labels(facts: Facts) -> Finding:
    """Where it comes from."""
    missing = [name for name in (TITLE_LABEL, *_LABELS) if not facts.described.labels.get(name)]
    if missing:
        what = _("It does not say where it comes from; empty or missing: {labels}.", labels=listed(missing))
        return Finding("labels", Verdict.warning, what, _("Give it these labels when you build it."))
    return Finding("labels", Verdict.ok, _("It says its title, version, commit and source."))


def contract(facts: Facts) -> Finding:
    """Whether this Notebench and what is inside speak with each other."""
    said = facts.described.labels.get(CONTRACT_LABEL, "")
    served = ", ".join(map(str, SUPPORTED_VERSIONS))
    spoken = facts.works.get("contract")
    if not said:
        what = _(
            "The label {label} is missing: which hubs it can talk to is not known.", label=CONTRACT_LABEL
        )
        step = _('Give it the label {label}="{version}".', label=CONTRACT_LABEL, version=spoken or served)
        return Finding("contract", Verdict.fault, what, step)
    if said not in map(str, SUPPORTED_VERSIONS):
        what = _("It speaks contract {said}; this Notebench serves {served}.", said=said, served=served)
        return Finding(
            "contract", Verdict.fault, what, _("Build it anew with this version's `notebench` wheel.")
        )
    if spoken is not None and str(spoken) != said:
        what = _("Its label says contract {said}, what is inside speaks {spoken}.", said=said, spoken=spoken)
        return Finding("contract", Verdict.fault, what, _("Let the label say what is inside."))
    return Finding("contract", Verdict.ok, _("It speaks contract {said}.", said=said))


def user(facts: Facts) -> Finding:
    """Whether a cluster lets it run: it must be able to see that it is not root."""
    said = facts.described.user
    number = said.partition(":")[0]
    if number in {"", "0", "root"}:
        what = _("It runs as root, which clusters with the Restricted standard refuse.")
    elif not number.isdigit():
        what = _(
            "It runs as '{user}': whether a name is root's, a cluster does not know and refuses.", user=said
        )
    else:
        return Finding("user", Verdict.ok, _("It runs as {user}, not as root.", user=said))
    return Finding("user", Verdict.fault, what, _("End its Containerfile with `USER 1000:0`."))


def anybody(facts: Facts) -> Finding:
    """Whether a program starts at all, as an account that the image does not know."""
    if facts.works:
        uid = facts.works["uid"]
        return Finding(
            "anybody", Verdict.ok, _("Python starts as user id {uid}, which it does not know.", uid=uid)
        )
    what = _(
        "{python} does not start as a user id that the image does not know: {reason}.",
        python=f"{facts.environment}/bin/python",
        reason=facts.why_not.rstrip("."),
    )
    step = _(
        "Put a Python environment there that everybody can read, or name its folder with `--environment`; "
        "where the program that builds cannot run anything, give it its words with `--option`."
    )
    return Finding("anybody", Verdict.fault, what, step)


def python(facts: Facts) -> Finding:
    """Whether it is new enough."""
    said = str(facts.works["python"])
    if tuple(map(int, re.findall(r"\d+", said)[:2])) < _LEAST:
        least = ".".join(map(str, _LEAST))
        what = _("Python {version} is older than {least}.", version=said, least=least)
        return Finding("python", Verdict.fault, what, _("Build on an image with a newer Python."))
    return Finding("python", Verdict.ok, _("Its Python is {version}.", version=said))


def home(facts: Facts) -> Finding:
    """Whether anybody can write where people work."""
    said = str(facts.works["home"])
    if facts.works["home_writable"]:
        return Finding("home", Verdict.ok, _("Any user id can write to {home}.", home=said))
    what = _("A user id that it does not know cannot write to {home}.", home=said)
    step = _("Set HOME to a folder that group 0 may write: `chown 1000:0`, mode 2775.")
    return Finding("home", Verdict.fault, what, step)


def environment(facts: Facts) -> Finding:
    """Whether what was approved stays, and people can install beside it."""
    writable = [str(PurePosixPath(one)) for one in facts.works["environment_writable"]]
    if writable:
        what = _(
            "Its packages can be changed while it runs ({folders}): what people install there is gone with "
            "the session, and what runs is not what was approved.",
            folders=listed(writable, 3),
        )
        step = _("Let the environment belong to root, and only root may write.")
        return Finding("environment", Verdict.fault, what, step)
    if not facts.works["pip_apart"]:
        what = _("There is no pip in share/notebench/pip of the environment: people cannot install packages.")
        step = _("Move pip there from the packages, as images/minimal/Containerfile does.")
        return Finding("environment", Verdict.fault, what, step)
    return Finding("environment", Verdict.ok, _("Nobody can change its packages; pip for layers is there."))


def ours(facts: Facts) -> Finding:
    """Whether our distribution is inside, with all that it stands on."""
    if not facts.works["notebench"]:
        what = _("The distribution `notebench` is not in its environment.")
    elif missing := facts.works["missing"]:
        what = _("`notebench` is there, but not what it stands on: {missing}.", missing=listed(missing))
    else:
        version = facts.works["notebench"]
        return Finding("ours", Verdict.ok, _("`notebench` {version} is whole.", version=version))
    step = _("`notebench images adopt` writes a Containerfile that adds it.")
    return Finding("ours", Verdict.fault, what, step)


def kernel(facts: Facts) -> Finding:
    """Whether a notebook can compute."""
    if reason := facts.works["kernel"]:
        what = _("Its kernel does not start: {reason}.", reason=str(reason).rstrip("."))
        step = _("Install ipykernel into the environment, at the version of one of our locks.")
        return Finding("kernel", Verdict.fault, what, step)
    return Finding("kernel", Verdict.ok, _("A kernel starts and computes."))


def session(facts: Facts) -> Finding:
    """Whether JupyterLab comes up with our panels."""
    if reason := facts.works["session"]:
        what = _("A session does not start: {reason}.", reason=str(reason).rstrip("."))
    elif not facts.works["panels"]:
        what = _("JupyterLab starts without the panels of Notebench.")
    elif not facts.works["extension"]:
        what = _("JupyterLab starts without the server's part of Notebench.")
    else:
        return Finding("session", Verdict.ok, _("A session starts, with the panels of Notebench."))
    step = _("Install `notebench[lab]` into the environment, at the versions of one of our locks.")
    return Finding("session", Verdict.fault, what, step)


def part(facts: Facts) -> Finding:
    """Whether hub or service have what they begin with."""
    if reason := facts.works["part"]:
        what = _("The part that it is for does not start: {reason}.", reason=str(reason).rstrip("."))
        return Finding("part", Verdict.fault, what, _("Build it anew from a checkout."))
    return Finding("part", Verdict.ok, _("The part that it is for finds all that it needs."))
