"""A small real web server that tests supervise. It can crash, hang, refuse to start and have children."""

import http.server
import os
import subprocess
import sys
import time
from pathlib import Path


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/crash":
            print("crashing as asked", flush=True)
            os._exit(7)
        if self.path == "/silent":
            time.sleep(60)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

    def log_message(self, *_words: object) -> None:
        return


def main(port: str, *words: str) -> None:
    print("starting", *words, flush=True)
    if "die" in words:
        sys.exit("the model of this part is missing")
    if "child" in words:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        Path("child.pid").write_text(str(child.pid))
    if "stubborn" in words:
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "mute" in words:
        time.sleep(300)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Answers).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
