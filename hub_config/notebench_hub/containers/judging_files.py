"""What an image's files tell: credentials that should not be there, and the list of what is inside."""

import re

from notebench_hub.containers.facts import SBOM_LABEL, Facts
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

_SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|credential|api_?key|access_?key|private_?key)")


def credentials(facts: Facts) -> Finding:
    """Whoever can pull an image can read them, also where a later layer removed the file."""
    variables = [name for name, value in facts.described.env.items() if value and _SECRET_NAME.search(name)]
    found = [*(f"${name}" for name in sorted(variables)), *facts.holds.get("secrets", ())]
    if found:
        what = _("Whoever pulls it can read what looks like credentials: {places}.", places=listed(found))
        step = _("Build it without them (`RUN --mount=type=secret`), and replace those that were in it.")
        return Finding("credentials", Verdict.fault, what, step)
    if not facts.holds:
        what = _("Its files could not be looked through: {reason}.", reason=facts.why_unknown.rstrip("."))
        return Finding("credentials", Verdict.unknown, what, _("See to what is said above, then look again."))
    return Finding("credentials", Verdict.ok, _("No file and no variable looks like a credential."))


def described(facts: Facts) -> Finding:
    """Whether it says what is inside."""
    place = facts.described.labels.get(SBOM_LABEL, "")
    if not place:
        what = _("The label {label} is missing: what is inside it does not say.", label=SBOM_LABEL)
    elif not facts.holds:
        what = _("Whether {file} lists what is inside is not known.", file=place)
        return Finding("sbom", Verdict.unknown, what, _("See to what is said above, then look again."))
    elif not facts.holds["sbom"]:
        what = _("{file} is no CycloneDX document with components.", file=place)
    else:
        count = facts.holds["sbom"]
        return Finding("sbom", Verdict.ok, _("{file} lists {count} packages.", file=place, count=count))
    step = _("Write one while it is built, as images/minimal/Containerfile does, and name it in the label.")
    return Finding("sbom", Verdict.warning, what, step)
