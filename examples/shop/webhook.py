"""Receiving the bus's webhooks (Standard Webhooks), with Python's standard library alone. Take this file into your own program."""
import base64
import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # Seconds by which the time of a message may differ from ours: an older one may be a recording.
BODY_MAX = 1 << 20  # Bytes.


class Refused(Exception):
    """A message that is not from the bus, or can't be read; `status` is the HTTP status to answer."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def read_key(path):
    """The key of a file with `whsec_` and base64."""
    with open(path, encoding="utf-8") as file:
        text = file.read().strip()
    if not text.startswith("whsec_"):
        raise SystemExit(f"{path}: a key begins with whsec_")
    return base64.b64decode(text[len("whsec_"):], validate=True)


def read_message(request, key):
    """Id and body of a message that came to an `http.server` handler, after its signature has been verified."""
    if "chunked" in request.headers.get("Transfer-Encoding", ""):
        raise Refused(411, "a Content-Length is needed")
    try:
        length = int(request.headers.get("Content-Length", ""))
    except ValueError:
        raise Refused(411, "a Content-Length is needed") from None
    if not 0 <= length <= BODY_MAX:
        raise Refused(413, "the body is too long")
    body = request.rfile.read(length)
    message_id = verify(request.headers, body, key)
    try:
        return message_id, json.loads(body)
    except ValueError:
        raise Refused(400, "the body is no JSON") from None


def verify(headers, body, key, now=None):
    """The id of the message. One good signature is enough: while keys are exchanged there are two."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    try:
        age = (time.time() if now is None else now) - int(sent_at)
    except ValueError:
        raise Refused(400, "webhook-timestamp is no time") from None
    signed = f"{message_id}.{sent_at}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # Each is compared to its end, whatever it holds, so that the time it takes tells nothing.
    found = [hmac.compare_digest(one.encode(), expected.encode()) for one in headers.get("webhook-signature", "").split()]
    if not any(found):
        raise Refused(401, "the signature is not right")
    if abs(age) > TOLERANCE:
        raise Refused(401, "the message is too old, or the clocks differ")
    return message_id


class Handler(BaseHTTPRequestHandler):
    """What every handler here does the same way."""

    timeout = 10  # Seconds that a caller may keep silent.

    def answer(self, status, media_type, text, headers=()):
        """One answer, whole; nothing of it is kept anywhere or read as something else."""
        data = b"" if status == 204 else text.encode()
        self.send_response(status)
        length = [] if status == 204 else [("Content-Length", str(len(data)))]
        always = [("Content-Type", media_type + "; charset=utf-8"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        for name, value in always + length + list(headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Handlers print what matters."""


def serve(handler, address, path):
    """Answers at HOST:PORT until Ctrl-C."""
    host, _, port = address.rpartition(":")
    with ThreadingHTTPServer((host, int(port)), handler) as server:
        host, port = server.server_address[:2]
        handler.hosts = {f"{name}:{port}" for name in (host, "127.0.0.1", "localhost")}
        print(f"listening at http://{host}:{port}{path}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
