"""Clients of others as linked devices of the simulator: each has to read what the daemon sends, and to answer.

usage: run.py BIN_PATH, the folder of the built programs
"""

import hashlib
import os
import sys
import tempfile

import files
from daemon import Daemon
from simulator import Client, Failure, Simulator

SENDER = "15550001111"
CLIENTS = {"pyaileys": "15550002001", "waton": "15550002002"}
# What is sent, and what each client is to say of it. Audio has no caption.
FILES = [
    {"name": "picture.jpg", "make": files.jpeg, "kind": "image", "mimeType": "image/jpeg", "caption": "A picture"},
    {"name": "terms.pdf", "make": files.pdf, "kind": "document", "mimeType": "application/pdf",
     "caption": "The terms", "fileName": "terms.pdf"},
    {"name": "note.ogg", "make": files.ogg, "kind": "audio", "mimeType": "audio/ogg; codecs=opus"},
]
GREETING = "Good morning, *{name}*: order #12345 has been shipped. \u0627\u0644\u0633\u0644\u0627\u0645 \U0001f4e6"
QUESTION = "Have you got everything, {name}?"


def say(text):
    print(text, flush=True)


def expect(client, event, **fields):
    """The next event of a client has to be as the fields say."""
    got = client.wait(event)
    for name, value in fields.items():
        if got[name] != value:
            raise Failure(f"{client.name}: {event} has {name} {got[name]!r} instead of {value!r}")
    return got


def send_file(daemon, client, file, data):
    name = f"{client.name}-{file['name']}"
    daemon.add_media(name, data)
    row = {"number": client.number, "mediaUrl": name}
    row |= {"message": file["caption"]} if "caption" in file else {}
    row |= {"fileName": file["fileName"]} if "fileName" in file else {}
    daemon.send(f"{name}.json", [row])


def send_files(daemon, client):
    """Files of several kinds; the client has to find the bytes that went in."""
    for file in FILES:
        data = file["make"]()
        send_file(daemon, client, file, data)
        got = expect(
            client, "media", kind=file["kind"], sha256=hashlib.sha256(data).hexdigest(),
            caption=file.get("caption", ""), fileName=file.get("fileName", ""), mimeType=file["mimeType"])
        say(f"   {client.name} decrypted {file['name']}: {got['kind']}, {got['size']} bytes, SHA-256 {got['sha256']}")


def check(client, simulator, daemon):
    say(f"== {client.name}")
    client.wait("linked")
    client.wait("open")
    greeting = GREETING.format(name=client.name)
    daemon.send(f"{client.name}-1.json", [{"number": client.number, "message": greeting}])
    say(f"   {client.name} decrypted: {expect(client, 'text', text=greeting)['text']}")
    send_files(daemon, client)
    question = QUESTION.format(name=client.name)
    daemon.send(f"{client.name}-2.json", [{"number": client.number, "message": question}])
    say(f"   {client.name} decrypted: {expect(client, 'text', text=question)['text']}")
    client.wait("answered")
    answer = simulator.wait_for_message(
        SENDER, lambda message: message["from"] == client.number, f"the answer of {client.name}")
    say(f"   the sender's phone decrypted: {answer['text']}")
    if answer["text"] != f"{client.name} has read: {question}":
        raise Failure(f"{client.name} has answered something else")
    # README.md says why; complaints about the daemon fail the run.
    for complaint in simulator.complaints(client.number):
        say(f"   the simulator about {client.name}: {complaint['tag']}: {complaint['reason']} {complaint['answer']}")


def main(bin_path):
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        programs = []
        try:
            simulator = Simulator(os.path.join(bin_path, "spoold"), folder)
            programs.append(simulator)
            for number in (SENDER, *CLIENTS.values()):
                simulator.ask("POST", "/accounts", {"number": number})
            daemon = Daemon(bin_path, simulator, folder)
            programs.append(daemon)
            daemon.link("dev1", SENDER, simulator)
            for name, number in CLIENTS.items():
                client = Client(name, number, SENDER, simulator, folder)
                programs.append(client)
                try:
                    check(client, simulator, daemon)
                except Failure as failure:
                    failures.append(str(failure))
                    say(f"   FAILED: {failure}")
                    with open(client.log_path, errors="replace") as log:
                        say(log.read()[-4000:])
            failures += [f"about the daemon: {one['reason']}" for one in simulator.complaints(SENDER)]
        finally:
            for program in reversed(programs):
                program.stop()
    for failure in failures:
        say(f"failed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1])))
