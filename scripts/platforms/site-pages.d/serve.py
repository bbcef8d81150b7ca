"""Serves a directory on a free port, and prints what a page sends: serve.py DIRECTORY FILE, which gets the port."""

import functools
import http.server
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        sys.stdout.write(body.decode())
        sys.stdout.flush()

    def log_message(self, *_):
        pass


handler = functools.partial(Handler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
with open(sys.argv[2], "w") as port:
    port.write(f"{server.server_port}\n")
server.serve_forever()
