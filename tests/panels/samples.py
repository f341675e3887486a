"""Sample records, made from the contract's own types: the panels are shown what the service may say."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from notebench.contract.audit import AuditEntry
from notebench.contract.catalogue import Catalogue, Choice, ImageCard, Package, ProfileCard, VersionState
from notebench.contract.deployments import Deployment, Desired, Observed
from notebench.contract.people import Me, Membership, Role
from notebench.contract.runs import CellFailure, Progress, Run, RunState, Schedule
from notebench.contract.tracking import (
    ArtifactEntry,
    Column,
    Experiment,
    LoggedModel,
    MetricPoint,
    MlflowRun,
    ModelVersion,
    Origin,
    RegisteredModel,
    Signature,
)

NOW = datetime.now(UTC).replace(microsecond=0)
IDENTITY = "9f2c4e81aa-cp311-linux-x86-64"
EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
"""A name that MLflow accepts; it must stay text wherever it is shown."""


def before(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


ADDED = [Package(name="xgboost", version="3.1.0"), Package(name="shap", version="0.50.0")]

CATALOGUE = Catalogue(
    revision="7",
    images=[
        ImageCard(
            id="scientific",
            title="Scientific",
            description="scikit-learn, pandas, matplotlib",
            version="2026.11",
            identity=IDENTITY,
            state=VersionState.approved,
            python="3.11",
            packages=[Package(name="scikit-learn", version="1.9.1")],
            profiles=["small", "medium", "gpu"],
        ),
        ImageCard(
            id="deep-learning",
            title="Deep learning",
            description="PyTorch",
            version="2026.11",
            identity="x",
            state=VersionState.approved,
            python="3.11",
            available=False,
            reason="This machine has no GPU.",
        ),
    ],
    profiles=[
        ProfileCard(id="small", title="Small", description="", cpu=1, memory_mib=2048),
        ProfileCard(id="medium", title="Medium", description="", cpu=2, memory_mib=8192),
        ProfileCard(
            id="gpu",
            title="One GPU",
            description="",
            cpu=4,
            memory_mib=16384,
            resources={"nvidia.com/gpu": 1},
            available=False,
            reason="This machine has no GPU.",
        ),
    ],
    default=Choice(image="scientific", profile="small", acting_for="personal"),
)

ME = Me(name="ada", projects=[Membership(project="wine-quality", role=Role.editor)], session="s-1")

EXPERIMENTS = [
    Experiment(id="1", name="Notebooks", created=before(days=20), updated=before(minutes=4)),
    Experiment(
        id="2", name="wine quality, gradient boosting", created=before(days=9), updated=before(hours=5)
    ),
    Experiment(id="3", name=EVIL, created=before(days=90), updated=before(days=60)),
]

ORIGIN = Origin(
    user="ada",
    acting_for="personal",
    session="s-1",
    image="scientific 2026.11",
    identity=IDENTITY,
    profile="small",
    added=["xgboost==3.1.0", "shap==0.50.0"],
    notebook="tour/wine.ipynb",
    notebook_hash="ab" * 32,
    git_commit="4f0c9e2b7d1a5c3e8f6b0a9d2c4e6f8a1b3c5d7e",
    git_dirty=True,
)


def mlflow_run(number: int, status: str = "FINISHED") -> MlflowRun:
    depth, rate = 2 + number % 5, [0.3, 0.1, 0.03][number % 3]
    accuracy = 0.81 + 0.15 * math.sin(number * 1.7) ** 2
    names = ["bold-crane", "calm-otter", "dapper-finch", "gentle-moth", "merry-hare"]
    return MlflowRun(
        id=f"{number:032x}",
        experiment="1",
        name=EVIL if number == 7 else f"{names[number % 5]}-{100 + number * 37 % 900}",
        status=status,
        started=before(hours=number, minutes=7),
        ended=None if status == "RUNNING" else before(hours=number, minutes=5, seconds=number * 3),
        metrics={
            "accuracy": accuracy,
            "f1_macro": accuracy - 0.02,
            "loss": "NaN" if number == 3 else 0.9 - accuracy / 2,
            "training_seconds": 3.2 + number,
        },
        params={"max_depth": str(depth), "learning_rate": str(rate), "n_estimators": str(50 * (number + 1))},
        tags={"team": "cellar", "mlflow.user": "ada"},
        origin=ORIGIN,
        models=[LoggedModel(name="model", uri="models:/m-0123")] if number % 2 == 0 else [],
    )


MLFLOW_RUNS = [
    mlflow_run(0, "RUNNING"),
    *(mlflow_run(number) for number in range(1, 11)),
    mlflow_run(11, "FAILED"),
]


def metric(key: str, run: int) -> list[MetricPoint]:
    if key == "training_seconds":
        return [MetricPoint(step=0, value=3.2, time=NOW)]
    falling = key == "loss"
    return [
        MetricPoint(
            step=step,
            value=(0.9 if falling else 0.6)
            + (-1 if falling else 1) * 0.35 * (1 - math.exp(-step / (8 + run)))
            + 0.01 * math.sin(step * (run + 2)),
            time=before(minutes=60 - step),
        )
        for step in range(60)
    ]


ARTIFACTS = {
    "": [
        ArtifactEntry(path="model", folder=True),
        ArtifactEntry(path="confusion.svg", folder=False, size=412),
        ArtifactEntry(path="notes.txt", folder=False, size=64),
        ArtifactEntry(path="report.html", folder=False, size=120),
        ArtifactEntry(path="weights.bin", folder=False, size=12_400_000),
    ],
    "model": [ArtifactEntry(path="model/MLmodel", folder=False, size=88)],
}
ARTIFACT_BYTES = {
    "confusion.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='160' height='120'>"
    b"<rect width='80' height='60' fill='#0072b2'/><rect x='80' y='60' width='80' height='60' fill='#d50'/>"
    b"<script>top.document.title='owned'</script></svg>",
    "notes.txt": b"Trained on the wine data of scikit-learn.\nSeed 7.\n",
    "report.html": b"<h1>Report</h1><p>Made by a user.</p><script>top.document.title='owned'</script>",
    "model/MLmodel": b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n",
}

COLUMNS = [
    Column(name="alcohol", type="double", example=13.2),
    Column(name="malic_acid", type="double", example=1.78),
    Column(name="ash", type="double", example=2.14),
    Column(name="vintage", type="long", example=2019),
    Column(name="organic", type="boolean", required=False),
    Column(name="region", type="string", required=False, example="Mosel"),
]
SIGNATURE = Signature(
    inputs=COLUMNS,
    example={
        "dataframe_split": {"columns": [c.name for c in COLUMNS], "data": [[c.example for c in COLUMNS]]}
    },
)


def model_version(number: int, aliases: list[str]) -> ModelVersion:
    return ModelVersion(
        model="wine-cultivar",
        version=str(number),
        created=before(days=10 - number * 3),
        status="READY",
        run=MLFLOW_RUNS[2 * number].id,
        source="models:/m-0123",
        description="Gradient boosting on the wine data." if number == 3 else "",
        aliases=aliases,
        origin=ORIGIN,
    )


MODELS = [
    RegisteredModel(
        name="wine-cultivar",
        description="Tells the cultivar from a chemical analysis.",
        created=before(days=12),
        updated=before(hours=2),
        aliases={"champion": "2", "challenger": "3"},
        versions=[model_version(3, ["challenger"]), model_version(2, ["champion"]), model_version(1, [])],
    ),
    RegisteredModel(name="diabetes progression", created=before(days=3), updated=before(days=3)),
]


def deployment(name: str, observed: Observed, **more: object) -> Deployment:
    values: dict[str, object] = {
        "id": f"d-{name}",
        "name": name,
        "user": "ada",
        "acting_for": "personal",
        "model": "wine-cultivar",
        "version": "2",
        "image": "scientific",
        "identity": IDENTITY,
        "profile": "small",
        "replicas": 1,
        "desired": Desired.serving,
        "observed": observed,
        "endpoint": f"https://hub.example.org/services/notebench/endpoints/d-{name}/",
        "created": before(days=2),
        "updated": before(minutes=12),
        "signature": SIGNATURE,
    }
    return Deployment.model_validate(values | more)


DEPLOYMENTS = [
    deployment("wine", Observed.ready),
    deployment("wine-next", Observed.starting, version="3", reason="Loading the model."),
    deployment(
        "broken",
        Observed.failing,
        restarts=4,
        reason="The model does not load: No module named 'lightgbm'. Next try in 40 seconds.",
    ),
    deployment("resting", Observed.stopped, desired=Desired.stopped),
]


def run(number: int, state: RunState, **more: object) -> Run:
    values: dict[str, object] = {
        "id": f"r-{number:04d}",
        "user": "ada",
        "acting_for": "personal",
        "notebook": "tour/wine.ipynb" if number % 2 else "reports/monthly report.ipynb",
        "parameters": {"depth": 3, "region": "Mosel"},
        "image": "scientific",
        "version": "2026.11",
        "identity": IDENTITY,
        "profile": "small",
        "added": ADDED,
        "state": state,
        "created": before(hours=number * 7, seconds=20),
        "started": before(hours=number * 7, seconds=18),
        "ended": before(hours=number * 7) + timedelta(minutes=3) if number > 1 else None,
        "output": f"runs/wine/2026-11-20-{number:04d}.ipynb",
    }
    return Run.model_validate(values | more)


FAILURE = CellFailure(
    index=6,
    source="share = wines / tasters\nprint(share)",
    error="ZeroDivisionError",
    message="division by zero",
    traceback=[
        "Cell In[5], line 1",
        "----> 1 share = wines / tasters",
        "ZeroDivisionError: division by zero",
    ],
)

RUNS = [
    run(0, RunState.running, progress=Progress(cell=3, cells=9, cell_started=NOW)),
    run(
        1,
        RunState.queued,
        started=None,
        reason="Waiting for a free place: 2 of 2 runs are going on.",
        output="",
    ),
    run(2, RunState.succeeded, schedule="p-1", fire_time=before(hours=14), mlflow_runs=[MLFLOW_RUNS[2].id]),
    run(3, RunState.failed, failure=FAILURE, reason="Cell 7 failed: division by zero"),
    run(4, RunState.cancelled, reason="Cancelled by ada."),
    run(5, RunState.lost, reason="Its process ended without a word."),
]

SCHEDULES = [
    Schedule(
        id="p-1",
        user="ada",
        acting_for="personal",
        name="Wine, every working day",
        notebook="tour/wine.ipynb",
        cron="0 6 * * 1-5",
        timezone="Europe/Berlin",
        words="At 06:00 AM, Monday through Friday",
        parameters={"depth": 4},
        image="scientific",
        profile="small",
        timeout_seconds=3600,
        paused=False,
        next_fire_time=NOW + timedelta(days=1),
        next_fires=[f"Monday, {day} November 2026 at 06:00 (CET)" for day in range(23, 28)],
        last_run=RUNS[2],
        created=before(days=30),
    ),
    Schedule(
        id="p-2",
        user="ada",
        acting_for="personal",
        name="Monthly report",
        notebook="reports/monthly report.ipynb",
        cron="0 6 1 * *",
        timezone="UTC",
        words="At 06:00 AM, on day 1 of the month",
        parameters={},
        image="",
        profile="",
        timeout_seconds=3600,
        paused=True,
        created=before(days=3),
    ),
]


ACTIONS = {
    "login": "signed in",
    "token-make": "made a token",
    "server-enter": "entered somebody else's server",
    "schedule-change": "changed a schedule",
    "deployment-put": "deployed a model version",
    "refusal": "was refused",
}
AUDIT_PAGE = 6


def entry(number: int, action: str, **more: Any) -> AuditEntry:
    facts: dict[str, Any] = {"user": "ada", "concerns": "ada", "acting_for": "personal", "thing": "ada"}
    facts |= {"kind": "browser", "origin": "192.0.2.7", "request": f"4f2a{number:08x}"}
    moment = NOW - timedelta(minutes=7 * (20 - number))
    return AuditEntry(number=number, moment=moment, action=action, words=ACTIONS[action], **(facts | more))


AUDIT = [
    entry(
        20,
        "schedule-change",
        user="bob",
        acting_for="churn",
        thing="p-1",
        origin="",
        before={"cron": "0 6 * * *", "paused": False},
        after={"cron": "30 6 * * 1-5", "paused": False},
    ),
    entry(19, "server-enter", user="admin", concerns="ada", thing="ada", origin="192.0.2.99"),
    entry(18, "token-make", detail={"id": "a7", "note": EVIL, "scopes": ["read:users!user"]}),
    entry(17, "deployment-put", thing=EVIL, acting_for="churn", after={"model": "wine", "version": "3"}),
    entry(
        16, "refusal", thing="PUT /runs", reason="You may read in the project churn.", detail={"unsaid": 12}
    ),
    entry(15, "login", user="", concerns="*", kind="notebench", origin=""),
    *(entry(number, "login", thing="ada") for number in range(14, 0, -1)),
]
