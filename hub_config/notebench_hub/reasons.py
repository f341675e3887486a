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
    N_("It started more processes than its hardware profile gives. Choose a larger profile."),
    N_("Its process is gone and nobody saw how it ended."),
    N_("The machine was restarted while it ran."),
    N_("The cluster took it away from its node: {reason}."),
    N_("It waits for a place in the cluster: {reason}."),
    N_("Its image cannot be fetched: {reason}."),
    N_("Its container cannot be made: {reason}."),
    N_("It has a place in the cluster and is being made ready there."),
    N_("It has a place in the cluster, but cannot be made ready there yet: {reason}."),
    N_("The cluster has not looked at it yet."),
    N_("It runs on node {node}."),
    N_("It is not in the cluster any more, and nobody saw how it ended."),
    N_("It is started again. Before: {reason}"),
    N_("Nobody knows how it ended: it is not there any more."),
    N_("It could not be started: {reason}."),
    N_(
        "It waits: profile '{profile}' needs {needs} × {resource}, and {free} of {has} are free; the first "
        "was taken at {since}."
    ),
    N_("It waits for {resource}, behind an earlier notebook run."),
    N_("It waits: {reason}"),
    # Refusals at the time when a run is due
    N_("The hub knows no user {user} any more."),
    N_("{user} may not run things for the project {project} any more."),
    N_("Somebody else has to start it."),
    N_("An editor of the project has to start it, or an owner has to make {user} one."),
    N_("Somebody else has to run the notebook."),
    N_("An editor of the project has to run the notebook, or an owner has to make {user} one."),
    N_("There is no notebook {path} in your files."),
    N_("The folder {folder} leads out of your files."),
    N_("Image '{image}' is not open to you."),
    N_("Image '{image}' cannot run on this machine."),
    N_("Image '{image}' may not run on profile '{profile}'."),
    N_("No version of image '{image}' is approved."),
    N_("No image '{image}'."),
    N_("No profile '{profile}'."),
    N_("Profile '{profile}' is not open to you."),
    N_("Did you mean '{nearest}'?"),
    N_("Choose one of: {known}."),
    N_("The catalogue cannot be read: {reason}"),
    N_("The process of {workload} has not come up within {seconds} seconds."),
    N_("It runs late: the fire time {first} passed while Notebench was away."),
    N_("It runs late, and once: the fire times from {first} to {last} passed while Notebench was away."),
    N_("{error} in cell {cell}."),
    N_("The run was cancelled."),
    N_("The service no longer wants this attempt."),
    N_("The run took longer than the {seconds} seconds it may take."),
    N_("The output notebook could not be written: {reason}."),
    N_(
        "Your home is full: the output notebook could not be written; what was written before is kept. "
        "Delete what you do not need, then run it again."
    ),
    N_("Its environment is being prepared."),
    N_("The model is being loaded."),
    N_("Version {version} is being loaded; the version before keeps answering."),
    N_("Version {version} does not start: {reason} The version before keeps answering."),
    # What the runner and the model server say; see notebench.runner and notebench.serving.
    N_(
        "The model needs the package {package}, which this image does not have. Deploy it with the image it "
        "was trained in, or add the package: %pip install {package_again}."
    ),
    N_(
        "The model does not load: {kind}: {problem} Check that it loads in a session of the same image: "
        "mlflow.pyfunc.load_model({uri})"
    ),
    N_("There is no notebook {path}. Check the path, or save the notebook first."),
    N_("{path} is not a notebook: {problem} Open and save it in JupyterLab."),
    N_(
        "The notebook is written in {language}; this image runs Python notebooks. Choose an image with a "
        "kernel for it, or change the notebook's kernel."
    ),
    N_(
        "{name} cannot be the name of a parameter. Use letters, digits and single underscores, as in a "
        "Python variable's name."
    ),
    N_(
        "A parameter would not arrive in the notebook as it was given. Change unusual text in the values, or "
        "pass it through a file."
    ),
    N_("It does not answer its health check."),
    N_("It was not ready after {minutes} minutes."),
    N_("{ready} of {replicas} replicas are ready."),
    N_("The hub does not run this server any more; its end was not reported."),
    N_("It ended unseen; a new session was started in its place."),
)


def in_words(text: str, translate: Translate) -> str:
    """The text in the reader's language, with its values; sentences that nobody knows stay as they are."""
    if (known := _known(text, translate)) is not None:
        return known
    for found in re.finditer(r"(?<=[.:?]) ", text):  # what was wrong, then the next step
        if (head := _known(text[: found.start()], translate)) is not None:
            return f"{head} {in_words(text[found.end() :], translate)}"
    return text


def _known(text: str, translate: Translate) -> str | None:
    """The text in the reader's language, if it is a message of ours as a whole."""
    if not text or (told := translate(text)) != text:
        return told if text else ""
    for template in TEMPLATES:
        if "{" in template and (found := _pattern(template).fullmatch(text)):
            values = {name: in_words(value, translate) for name, value in found.groupdict().items()}
            return translate(template).format_map(values)
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    texts = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+)" for i, part in enumerate(parts)]
    return re.compile("".join(texts), re.DOTALL)
