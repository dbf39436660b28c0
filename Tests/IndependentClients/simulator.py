"""The built programs as the run of the clients uses them: the simulator, the daemon, and a client."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

PATIENCE = 120


class Failure(Exception):
    pass


class Lines:
    """The lines that a program writes, one after the other; each wait has an end."""

    def __init__(self, stream):
        self.lines = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def next(self, what):
        try:
            line = self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise Failure(f"waited in vain for {what}") from None
        if line is None:
            raise Failure(f"the program ended before {what}")
        return line


class Program:
    def __init__(self, arguments, log, environment=None):
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=self.log, text=True, env={**os.environ, **(environment or {})})
        self.output = Lines(self.process.stdout)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Simulator(Program):
    def __init__(self, spoold, folder):
        # With this seed waton takes the server's certificates: README.md, 4.
        super().__init__([spoold, "simulate", "--seed", "11"], os.path.join(folder, "simulator.log"))
        self.address = json.loads(self.output.next("the simulator's addresses"))

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address["control"] + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failure(f"{method} {path}: {error.read().decode()}") from None

    def inbox(self, number):
        return self.ask("GET", f"/phones/{number}/inbox")["messages"]

    def wait_for_message(self, number, fits, what):
        """Waits until a phone shows a message that fits."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message in self.inbox(number):
                if fits(message):
                    return message
            time.sleep(0.1)
        raise Failure(f"waited in vain for {what}")

    def complaints(self, number):
        """What a device of this account, or a connection of nobody yet, has done wrong."""
        entries = self.ask("GET", "/log")["complaints"]
        return [entry for entry in entries if entry["sender"].split(":")[0] == number]


class Client(Program):
    """One of the clients, as a linked device of an account of its own."""

    def __init__(self, name, number, peer, simulator, folder):
        self.name, self.number = name, number
        mine = os.path.join(folder, name)
        os.makedirs(mine)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}_client.py")
        self.log_path = os.path.join(folder, f"{name}.log")
        super().__init__([sys.executable, "-u", script], self.log_path, {
            "SIMULATOR_WS": simulator.address["ws"], "SIMULATOR_ROOT_KEY": simulator.address["rootKey"],
            "SIMULATOR_CONTROL": simulator.address["control"], "CLIENT_NUMBER": number, "CLIENT_FOLDER": mine,
            "CLIENT_PEER": peer,
        })

    def wait(self, event, what=None):
        """The next event of this name.

        Others are skipped, unless they tell of an error.
        """
        while True:
            line = json.loads(self.output.next(f"{self.name}: {what or event}"))
            if line["event"] == event:
                return line
            if line["event"] in ("error", "failed"):
                raise Failure(f"{self.name}: {line}")
