"""What the clients have in common: where the simulator is, what they say, and plain HTTP to its media servers."""

import asyncio
import hashlib
import json
import os
import sys
import urllib.request

WS = os.environ["SIMULATOR_WS"]
ROOT_KEY = bytes.fromhex(os.environ["SIMULATOR_ROOT_KEY"])
CONTROL = os.environ["SIMULATOR_CONTROL"]
NUMBER = os.environ["CLIENT_NUMBER"]
FOLDER = os.environ["CLIENT_FOLDER"]
# Whose messages are awaited.
PEER = os.environ["CLIENT_PEER"]

# What a library prints is its log; standard output is for what the client says.
_output = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def control(method, path, body=None):
    """One request to the control port."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(CONTROL + path, data=data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def say(event, **more):
    """One line for whoever runs the client."""
    print(json.dumps({"event": event, **more}), file=_output, flush=True)


def with_client_type(qr):
    """A QR text of the old form, without the kind of client at the end, which phones refuse: README.md, 1."""
    return qr if qr.count(",") == 4 else qr + ",1"


async def scan(qr):
    """The phone of this client's account scans a QR code; waits until the device is linked."""
    await asyncio.to_thread(control, "POST", "/scan", {"qr": qr, "number": NUMBER})
    say("linked")


def plain(url):
    """The media servers of a simulator speak plain HTTP; clients know nothing but https."""
    return "http://" + url.removeprefix("https://") if url.startswith("https://127.0.0.1:") else url


def fetch(url, body=None):
    """What a client's own HTTP call would do, but over plain HTTP."""
    origin = "https://web.whatsapp.com"
    request = urllib.request.Request(
        plain(url), data=body, headers={"Origin": origin, "Referer": origin + "/"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def is_question(text):
    return text.endswith("?")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def fail(reason):
    say("failed", reason=reason)
    sys.exit(1)
