"""What is noted in the audit, as data: every action with its words, translated where they are shown."""

from collections.abc import Callable
from typing import Final

from notebench_spawner.marks import N_

ACTIONS: Final = {
    "login": N_("signed in"),
    "login-refused": N_("was refused at the sign-in"),
    "logout": N_("signed out"),
    "refusal": N_("was refused"),
    "password-change": N_("changed a password"),
    "token-make": N_("made a token"),
    "token-revoke": N_("revoked a token"),
    "token-expire": N_("a token expired"),
    "server-start": N_("started a server"),
    "server-stop": N_("a server was stopped"),
    "server-enter": N_("entered somebody else's server"),
    "share": N_("shared a server"),
    "share-code": N_("made a code that shares a server"),
    "share-revoke": N_("ended the sharing of a server"),
    "share-code-revoke": N_("ended a code that shares a server"),
    "session-start": N_("got a session"),
    "session-refused": N_("was refused a session"),
    "session-end": N_("a session ended"),
    "run-start": N_("started a notebook run"),
    "run-cancel": N_("cancelled a notebook run"),
    "run-end": N_("a notebook run ended"),
    "schedule-add": N_("made a schedule"),
    "schedule-change": N_("changed a schedule"),
    "schedule-remove": N_("deleted a schedule"),
    "deployment-put": N_("deployed a model version"),
    "deployment-desire": N_("stopped or started a deployment"),
    "deployment-remove": N_("deleted a deployment"),
    "model-register": N_("registered a model version"),
    "model-alias": N_("moved an alias of a model"),
    "model-alias-remove": N_("removed an alias of a model"),
    "model-stage": N_("moved a model version to a stage"),
    "model-change": N_("changed a registered model"),
    "model-remove": N_("deleted a registered model or version"),
    "catalogue-change": N_("the catalogue changed"),
    "project-put": N_("changed the roles of a project"),
    "user-add": N_("made an account"),
    "user-admin": N_("changed who is an admin"),
    "user-rename": N_("renamed an account"),
    "user-remove": N_("removed an account"),
    "role-grant": N_("gave a role"),
    "role-revoke": N_("took a role away"),
    "group-add": N_("made a group"),
    "group-join": N_("added somebody to a group"),
    "group-leave": N_("took somebody out of a group"),
    "group-remove": N_("removed a group"),
    "audit-begin": N_("the audit began"),
}


def in_words(action: str, translate: Callable[[str], str]) -> str:
    """The action for a reader; one that this version does not know is shown by its word."""
    return translate(ACTIONS[action]) if action in ACTIONS else action
