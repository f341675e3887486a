"""A model server for tests: version 9 does not load, 8 ends soon after it is ready, 7 stops answering."""

import argparse
import json
import os
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

parser = argparse.ArgumentParser()
parser.add_argument("--model-uri")
parser.add_argument("--uds")
options = parser.parse_args()
version = options.model_uri.rpartition("/")[2]
hanging = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer()

    def answer(self) -> None:
        if hanging.is_set():
            time.sleep(600)
        body = json.dumps(
            {"version": version, "pid": os.getpid(), "user": os.environ["NOTEBENCH_USER"]}
        ).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


if version == "9":
    print(json.dumps({"event": "load-failed", "message": "The model needs lightgbm."}), flush=True)
    sys.exit(3)
if version == "8":
    threading.Timer(1.0, os._exit, [1]).start()
if version == "7":
    threading.Timer(1.5, hanging.set).start()
print(f"serving version {version}", flush=True)
Server(options.uds, Handler).serve_forever()
