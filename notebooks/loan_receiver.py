"""A receiver of MLflow's webhooks: what is not signed, or old, or known already, has no effect.

    WEBHOOK_SECRET=... python loan_receiver.py 8090

Standard output tells what was received; a real receiver would do something there.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 300  # by which the sender's clock may differ from ours, and after which it is too late
LARGEST = 2**20  # bytes of a delivery


def find_fault(secret, headers, body, now):
    """Return the reason to refuse a delivery; None if it is new and signed with our secret."""
    number, sent, signature = (
        headers.get(f"X-MLflow-{name}", "") for name in ("Delivery-Id", "Timestamp", "Signature")
    )
    signed = f"{number}.{sent}.".encode() + body
    due = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    if not hmac.compare_digest(signature.encode(), b"v1," + base64.b64encode(due)):
        return "The signature is wrong."
    if not sent.isdecimal() or abs(now - int(sent)) > SECONDS:
        return "The delivery's time is more than five minutes from ours."
    return None


class Receiver(BaseHTTPRequestHandler):
    """Answers each delivery at once, so that MLflow does not wait, and tells what it was."""

    known = {}  # delivery id to time; what is older than SECONDS is refused for its age

    def do_GET(self):
        self.answer(200, "ready")

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            return self.answer(413, f"A delivery has at most {LARGEST:,} bytes.")
        body, now = self.rfile.read(int(length)), time.time()
        if fault := find_fault(os.environ["WEBHOOK_SECRET"], self.headers, body, now):
            return self.answer(401, fault)
        try:
            event = json.loads(body)
            said = f"{event['entity']}.{event['action']} {json.dumps(event['data'])}"
        except (ValueError, TypeError, KeyError):
            return self.answer(400, "The body is no event.")
        for old in [n for n, at in list(self.known.items()) if now - at > 2 * SECONDS]:
            self.known.pop(old, None)
        # MLflow sends again what was not answered in time.
        if self.known.setdefault(self.headers["X-MLflow-Delivery-Id"], now) is not now:
            return self.answer(200, "known already")
        print(said, flush=True)
        self.answer(200, "received")

    def answer(self, status, sentence):
        content = sentence.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *message):
        pass  # standard output is for what was received


if __name__ == "__main__":
    if not os.environ.get("WEBHOOK_SECRET"):  # anybody could sign with an empty one
        sys.exit("WEBHOOK_SECRET must hold the secret that MLflow signs with.")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
