"""`python -m notebench.pod WORDS`: make the layer ready, then become Python with these words."""

import os
import sys
from pathlib import Path

from notebench.pod.layer import prepare_layer


def main() -> None:
    """Never returns. Where there is no layer, the image's own interpreter goes on."""
    layer = prepare_layer(os.environ, Path(sys.prefix))
    python = str(layer / "bin" / "python") if layer else sys.executable
    os.execv(python, [python, "-P", *sys.argv[1:]])  # noqa: S606 - no shell


if __name__ == "__main__":
    main()
