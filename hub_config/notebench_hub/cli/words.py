"""What people are told about parts, workloads and clusters."""

from notebench_spawner.warm.report import Kept
from notebench_spawner.workload import Kind

from notebench_hub.doctor.finding import Verdict
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.supervisor.view import PartView, Phase


def for_whom(place: Place) -> str:
    """Said wherever an installation on one machine is shown."""
    if place.separate:
        return _(
            "Each person's sessions, runs and model servers have a system account of their own. The "
            "network is open to sessions and runs."
        )
    return _(
        "For one person, or people who trust each other: all sessions run with the account that started "
        "Notebench."
    )


def kept_ready(kept: Kept) -> str:
    """How many processes wait to become a workload of a kind."""
    values = {"ready": kept.ready, "wanted": kept.wanted, "mib": kept.mib}
    if kept.kind is Kind.session:
        return _("Kept ready for sessions: {ready} of {wanted} ({mib} MiB)", **values)
    return _("Kept ready for notebook runs: {ready} of {wanted} ({mib} MiB)", **values)


def reason(part: PartView) -> str:
    """Why a part is not healthy, one sentence; empty for a healthy one."""
    if part.phase is Phase.crashed:
        return _crashed(part)
    seconds = round(part.seconds)
    return {
        Phase.healthy: "",
        Phase.waiting: _("It waits for another part."),
        Phase.starting: _("It has been starting for {seconds} s.", seconds=seconds),
        Phase.silent: _("It runs, but has not answered for {seconds} s.", seconds=seconds),
        Phase.stopping: _("It is ending."),
        Phase.stopped: _("It does not run."),
    }[part.phase]


def _crashed(part: PartView) -> str:
    said = part.last_lines[-1].strip() if part.last_lines else ""
    start = _(
        "It ended {crashes} times (exit code {code}) and is started again in {seconds} s.",
        crashes=part.crashes,
        code=part.exit_code,
        seconds=round(part.retry_in or 0),
    )
    return f"{start} {_('It said last: {line}', line=said)}" if said else start


def verdict(found: Verdict) -> str:
    """How something of a cluster is, in a word or two."""
    return {
        Verdict.ok: _("ok"),
        Verdict.warning: _("warning"),
        Verdict.fault: _("fault"),
        Verdict.unknown: _("not known"),
    }[found]


def subject(check: str) -> str:
    """What was looked at in a cluster, or in a container image."""
    return {
        "version": _("Kubernetes"),
        "clock": _("Clock"),
        "rights": _("Rights"),
        "namespace": _("Namespace"),
        "admission": _("Admission"),
        "rules": _("Policies"),
        "storage": _("Storage"),
        "shared-storage": _("Shared storage"),
        "claims": _("Claims"),
        "devices": _("Devices"),
        "ingress": _("Ingress"),
        "websockets": _("Websockets"),
        "images": _("Images"),
        "network": _("Network"),
        "labels": _("Labels"),
        "contract": _("Contract"),
        "user": _("User"),
        "anybody": _("Any user id"),
        "python": _("Python"),
        "home": _("Home"),
        "environment": _("Environment"),
        "ours": _("Notebench"),
        "kernel": _("Kernel"),
        "session": _("Session"),
        "part": _("Part"),
        "credentials": _("Credentials"),
        "sbom": _("What is inside"),
    }[check]
