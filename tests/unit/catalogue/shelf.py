"""A small catalogue on disk, to be bent in tests."""

from pathlib import Path
from textwrap import dedent

from notebench_spawner.catalogue.load import CatalogueFile, load

LOCK = f"""\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{"a" * 64}
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:{"b" * 64}
scikit-learn==1.8.0 \\
    --hash=sha256:{"c" * 64} \\
    --hash=sha256:{"d" * 64}
    # via the image
"""

CATALOGUE = """\
schema: 1
default:
  image: scientific
  profile: small
profiles:
  - id: small
    title: Small
    description: For small things.
    cpu: 1
    memory: 2Gi
  - id: large
    title: {en: Large, de: Groß, es: Grande}
    description: For large things.
    cpu: 8
    memory: 32Gi
  - id: gpu
    title: One GPU
    description: For neural networks.
    cpu: 1
    memory: 2Gi
    resources:
      nvidia.com/gpu: 1
    audience:
      groups: [vision]
images:
  - id: scientific
    title: Scientific
    description: Tables and models.
    profiles: [small, large, gpu]
    versions:
      - name: "2026.12"
        state: testing
        lock: scientific/requirements.lock
        python: "3.11"
      - name: "2026.11"
        state: approved
        lock: scientific/requirements.lock
        python: "3.11"
        packages: [numpy, scikit-learn]
  - id: cuda
    title: CUDA
    description: Neural networks.
    profiles: [gpu]
    versions:
      - name: "2026.11"
        state: approved
        lock: scientific/requirements.lock
        python: "3.12"
        kubernetes:
          image: registry.example/cuda
          digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        embedded:
          available: false
          reason: It needs a cluster.
  - id: secret
    title: Secret
    description: For some.
    profiles: [small]
    audience:
      groups: [vision]
    versions:
      - name: "1"
        state: deprecated
        lock: scientific/requirements.lock
        python: "3.11"
  - id: old
    title: Old
    description: Nobody may start it any more.
    profiles: [small]
    versions:
      - name: "1"
        state: retired
        lock: scientific/requirements.lock
        python: "3.11"
"""


def write(folder: Path, text: str = CATALOGUE) -> Path:
    """The catalogue file in `folder`, with its lock."""
    (folder / "scientific").mkdir(exist_ok=True)
    (folder / "scientific" / "requirements.lock").write_text(LOCK)
    file = folder / "catalogue.yaml"
    file.write_text(dedent(text))
    return file


def stock(folder: Path) -> CatalogueFile:
    """The catalogue, loaded."""
    return load(write(folder))
