"""Settings of MLflow's artifacts: a folder in the state directory, or a bucket of an object store."""

from pathlib import Path

from pydantic import Field

from notebench_hub.section import Section

_FOLDER = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]*)?)?$"


class Artifacts(Section):
    """Where the files of runs and models are."""

    url: str = Field(
        default="",
        pattern=_FOLDER,
        description="Bucket of an S3-compatible object store, as `s3://BUCKET/FOLDER`; empty for a folder in "
        "the state directory.",
    )
    endpoint: str = Field(
        default="",
        pattern=r"^(https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9_./-]*)?)?$",
        description="Address of the object store; empty for Amazon's.",
    )
    region: str = Field(
        default="", pattern=r"^[a-z0-9-]{0,40}$", description="Its region, where it has several."
    )
    key_id: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_.-]{0,128}$",
        description="Id of the access key; empty for what AWS_ACCESS_KEY_ID or the machine's role say.",
    )
    secret_file: Path | None = Field(
        default=None,
        description="The access key itself: file of mode 0600 that holds it; a path that is not absolute "
        "counts from the state directory.",
    )
    secret_variable: str = Field(
        default="",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        description="The access key itself: environment variable of MLflow that holds it, where there is no "
        "such file.",
    )
