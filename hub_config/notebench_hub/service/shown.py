"""Records as people see them: with the address of their page, reasons in their language."""

from fastapi import Request
from notebench.contract.runs import Run

from notebench_hub.i18n import negotiate, translator
from notebench_hub.service.feature import Parts
from notebench_hub.service.reasons import in_words


def language_of(request: Request) -> str:
    """The language in which the answer is to be."""
    return negotiate(request.headers.get("accept-language"))


def show_run(parts: Parts, run: Run, language: str) -> Run:
    """A notebook run for a reader."""
    reason = in_words(run.reason, translator(language))
    return run.model_copy(update={"reason": reason, "url": parts.page("runs", run.id, run.acting_for)})
