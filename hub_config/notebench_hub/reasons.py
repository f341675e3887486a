"""Reasons on records are kept as English sentences; here they are said in a reader's language.

A sentence with values in it is recognised by its template, also when another process wrote it.
"""

import re
from functools import cache

from notebench.contract.errors import Translate
from notebench_spawner.marks import N_

TEMPLATES = (
    N_("It was cancelled by {user}."),
    N_("It was stopped."),
    N_("It ended with exit code {code}."),
    N_("It was ended by signal {number} ({name})."),
    N_("It took longer than its time limit and was ended."),
    N_("It used more memory than its hardware profile gives: {amount} MiB. Choose a larger profile."),
    N_("Its process is gone and nobody saw how it ended."),
    N_("The machine was restarted while it ran."),
    N_("Nobody knows how it ended: it is not there any more."),
    N_("It could not be started: {reason}."),
    N_("It waits: {reason}"),
    N_("It runs late: the fire time {first} passed while Notebench was away."),
    N_("It runs late, and once: the fire times from {first} to {last} passed while Notebench was away."),
    N_("{error} in cell {cell}."),
    N_("The run was cancelled."),
    N_("The service no longer wants this attempt."),
    N_("The run took longer than the {seconds} seconds it may take."),
    N_("The output notebook could not be written: {reason}."),
    N_("The model is being loaded."),
    N_("Version {version} is being loaded; the version before keeps answering."),
    N_("Version {version} does not start: {reason} The version before keeps answering."),
    N_("It does not answer its health check."),
    N_("It was not ready after {minutes} minutes."),
    N_("{ready} of {replicas} replicas are ready."),
    N_("The hub does not run this server any more; its end was not reported."),
    N_("It ended unseen; a new session was started in its place."),
)


def in_words(sentence: str, translate: Translate) -> str:
    """The sentence in the reader's language, with its values; as it is where nobody knows it."""
    if not sentence or (told := translate(sentence)) != sentence:
        return told if sentence else ""
    for template in TEMPLATES:
        if "{" in template and (found := _pattern(template).fullmatch(sentence)):
            values = {name: in_words(value, translate) for name, value in found.groupdict().items()}
            return translate(template).format_map(values)
    return sentence


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    texts = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+)" for i, part in enumerate(parts)]
    return re.compile("".join(texts), re.DOTALL)
