"""Records as people see them: with the address of their page, reasons in their language."""

from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse
from notebench.contract.runs import Run, RunState
from notebench_spawner.marks import N_

from notebench_hub.i18n import negotiate, translator
from notebench_hub.service.feature import Parts
from notebench_hub.service.reasons import in_words

# What users made is never shown as a page of ours: not by type, not by guessing, not with scripts.
GUARDED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
}


def language_of(request: Request) -> str:
    """The language in which the answer is to be."""
    return negotiate(request.headers.get("accept-language"))


def show_run(parts: Parts, run: Run, language: str) -> Run:
    """A notebook run for a reader; one that waits says for what."""
    say = translator(language)
    reason = in_words(run.reason, say)
    if run.state is RunState.queued and not reason:
        most = parts.settings.runs.concurrency
        reason = say(N_("It waits for its turn. Notebook runs at a time: {most}.")).format(most=most)
    return run.model_copy(update={"reason": reason, "url": parts.page("runs", run.id, run.acting_for)})


def text(lines: AsyncIterator[str]) -> StreamingResponse:
    """Lines as plain text, sent as they come."""

    async def ended() -> AsyncIterator[str]:
        async for line in lines:
            yield line + "\n"

    return StreamingResponse(ended(), media_type="text/plain; charset=utf-8", headers=GUARDED)
