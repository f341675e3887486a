"""What Prometheus reads at `/metrics`."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, Info, generate_latest

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_requests = Counter("notebench_requests", "Answered requests.", ("route", "status"))
_seconds = Histogram("notebench_request_seconds", "Time to answer.", ("route",), buckets=_BUCKETS)
_errors = Counter("notebench_errors", "Answers that were not a success.", ("route", "code"))
_model = Info("notebench_model", "The model that is served.")
in_flight = Gauge("notebench_requests_in_flight", "Requests being answered.")
ready = Gauge("notebench_ready", "1 while the model answers.")

CONTENT_TYPE = CONTENT_TYPE_LATEST


def describe(name: str, version: str, flavour: str) -> None:
    """Say which model this is."""
    _model.info({"name": name, "version": version, "flavour": flavour})


class Route:
    """One route's counters, looked up once instead of at each request."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._latency = _seconds.labels(name)
        self._statuses: dict[int, Counter] = {}

    def answered(self, status: int, seconds: float) -> None:
        """Count an answer."""
        if status not in self._statuses:
            self._statuses[status] = _requests.labels(self._name, str(status))
        self._statuses[status].inc()
        self._latency.observe(seconds)

    def failed(self, code: str) -> None:
        """Count an answer that was not a success, by the problem's code."""
        _errors.labels(self._name, code).inc()


def page() -> bytes:
    """All metrics as text."""
    return generate_latest()
