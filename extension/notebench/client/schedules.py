"""Schedules of notebook runs."""

from notebench.client.transport import Transport, below
from notebench.contract.runs import Preview, PreviewRequest, Run, Schedule, ScheduleRequest


class Schedules:
    """`/schedules`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, request: ScheduleRequest) -> Schedule:
        """Run a notebook at fire times from now on."""
        return self._transport.ask(Schedule, "POST", "/schedules", request)

    def list(self) -> list[Schedule]:
        """All of what the asker acts for."""
        return self._transport.get(list[Schedule], "/schedules")

    def get(self, schedule: str) -> Schedule:
        """One schedule."""
        return self._transport.get(Schedule, below("schedules", schedule))

    def pause(self, schedule: str, paused: bool = True) -> Schedule:
        """Let no further fire time start a run, or let them again."""
        now = self.get(schedule)
        kept = {name: getattr(now, name) for name in ScheduleRequest.model_fields}
        request = ScheduleRequest(**{**kept, "paused": paused})
        return self._transport.ask(Schedule, "PUT", below("schedules", schedule), request)

    def run(self, schedule: str) -> Run:
        """Run its notebook once, now."""
        return self._transport.ask(Run, "POST", below("schedules", schedule, "run"))

    def delete(self, schedule: str) -> None:
        """Remove it; its runs stay."""
        self._transport.send("DELETE", below("schedules", schedule))

    def preview(self, cron: str, timezone: str = "UTC") -> Preview:
        """What a cron expression means."""
        return self._transport.ask(
            Preview, "POST", "/schedules/preview", PreviewRequest(cron=cron, timezone=timezone)
        )
