"""`python -m notebench.serving --model-uri URI (--uds PATH | --port N)`: serve one model.

Exit codes: 0 stopped as told, 2 wrong usage, 3 the model does not load (see the `load-failed` line).
"""

import argparse
import asyncio
import os
import sys

from notebench.contract.errors import NotebenchError
from notebench.serving.server import listen, serve, tell


def main() -> int:
    """Serve; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m notebench.serving", description="Serve one MLflow model."
    )
    parser.add_argument("--model-uri", required=True, help="for example models:/wine/3")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--uds", default="", help="path of a Unix socket")
    where.add_argument("--port", type=int, help="TCP port; 0 for a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address for --port")
    parser.add_argument("--max-body-mib", type=int, default=64, help="largest body, in mebibytes")
    options = parser.parse_args()
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # the log is read by people
    try:
        sock = listen(options.uds, options.host, options.port or 0)
    except (NotebenchError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    tell(
        "listening",
        address=f"unix:{options.uds}" if options.uds else "http://{}:{}".format(*sock.getsockname()[:2]),
    )
    return asyncio.run(serve(options.model_uri, sock, options.max_body_mib << 20))


if __name__ == "__main__":
    sys.exit(main())
