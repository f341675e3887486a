"""`python -m notebench.warm KIND DESCRIPTOR`: get ready, wait, become what is handed over."""

import gc
import socket
import sys

from notebench.warm.handed import receive
from notebench.warm.kinds import KINDS
from notebench.warm.reads import Reads
from notebench.warm.takeover import take_over
from notebench.warm.traces import Traces


def main(words: list[str]) -> int:
    """Returns the exit code of what it became; 0 where nobody came."""
    kind, descriptor = words
    if not sys.flags.safe_path:
        del sys.path[0]  # the directory it stands in; nothing is to be found there
    door = socket.socket(fileno=int(descriptor))
    door.set_inheritable(False)
    gc.disable()  # modules and classes are here to stay: looking through them again and again finds nothing
    with Reads() as reads:
        work = KINDS[kind]()
    traces = Traces.of_this_process()
    gc.enable()
    gc.freeze()
    door.send(b"ready")
    handed = receive(door)
    if handed is None:
        return 0
    take_over(handed, work.command, reads, traces)
    return work.run(handed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
