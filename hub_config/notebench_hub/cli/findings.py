"""How findings are shown, for people and for programs, and what a command that found them ends with."""

import sys
from collections.abc import Sequence

from notebench_hub.cli.edge import UNAVAILABLE, print_json
from notebench_hub.cli.words import subject, verdict
from notebench_hub.doctor.finding import Finding, Verdict


def show(about: dict[str, str], found: Sequence[Finding], *, as_json: bool) -> int:
    """Print them; `about` says what was looked at. 0 where nothing is at fault, 4 where something is."""
    if as_json:
        print_json({**about, "findings": [_row(one) for one in found]})
    else:
        for one in found:
            sys.stdout.write(_shown(one))
    return UNAVAILABLE if any(one.verdict is Verdict.fault for one in found) else 0


def _row(one: Finding) -> dict[str, str]:
    return {
        "check": one.check,
        "verdict": one.verdict.value,
        "what": one.what,
        "next_step": one.next_step,
        "proposal": one.proposal,
    }


def _shown(one: Finding) -> str:
    lines = [f"{verdict(one.verdict):<11} {subject(one.check)}: {one.what}"]
    if one.next_step:
        lines.append(f"{'':<11} {one.next_step}")
    lines += [f"{'':<11} | {line}" for line in one.proposal.splitlines()]
    return "\n".join(lines) + "\n"
