"""The daemon as the run of the clients uses it: one linked device, files dropped into its spool."""

import json
import os
import subprocess
import time

from simulator import PATIENCE, Failure, Lines, Program


class Daemon(Program):
    def __init__(self, bin_path, simulator, folder):
        self.bin_path = bin_path
        self.root = os.path.join(folder, "daemon")
        os.makedirs(self.root)
        self.environment = {
            "SPOOLD_SPOOL_DIRECTORY": os.path.join(self.root, "spool"),
            "SPOOLD_STATE_DIRECTORY": os.path.join(self.root, "state"),
            "SPOOLD_WHATSAPP_URL": simulator.address["ws"],
            "SPOOLD_WHATSAPP_ROOT_KEY": simulator.address["rootKey"],
            "SPOOLD_WHATSAPP_MEDIA_SCHEME": "http",
            "SPOOLD_HTTP_LISTEN": "127.0.0.1:0",
            "SPOOLD_RESULTS_GRACE": "0s",
        }
        checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        configuration = os.path.join(checkout, "examples", "no-pacing.yaml")
        super().__init__([os.path.join(bin_path, "spoold"), "run", "--config", configuration],
                         os.path.join(folder, "daemon.log"), self.environment)
        self.wait_for(os.path.join(self.root, "state", "control.sock"))

    def wait_for(self, *paths):
        """Waits until one of the files is there, and says which."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for path in paths:
                if os.path.exists(path):
                    return path
            if self.process.poll() is not None:
                raise Failure("the daemon has ended")
            time.sleep(0.1)
        raise Failure(f"waited in vain for {paths[0]}")

    def link(self, name, number, simulator):
        """Links a device as an operator does: the phone scans the code that is shown."""
        command = [os.path.join(self.bin_path, "spoolctl"), "device", "add", name, "--json"]
        adding = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **self.environment})
        try:
            qr = json.loads(Lines(adding.stdout).next("a QR code of the daemon"))["qr"]
            simulator.ask("POST", "/scan", {"qr": qr, "number": number})
            if adding.wait(timeout=PATIENCE) != 0:
                raise Failure("the daemon's device was not linked")
        finally:
            adding.kill()

    def add_media(self, name, data):
        with open(os.path.join(self.root, "spool", "media", name), "wb") as file:
            file.write(data)

    def send(self, name, rows):
        """Drops rows as a file and waits until all are sent."""
        incoming = os.path.join(self.root, "spool", "incoming")
        with open(os.path.join(incoming, f".{name}"), "w") as file:
            json.dump({"messages": rows}, file)
        os.rename(os.path.join(incoming, f".{name}"), os.path.join(incoming, name))
        answer = os.path.join(self.root, "spool", "results", name)
        marker = self.wait_for(*(f"{answer}.{ending}" for ending in ("ok", "some", "err")))
        if not marker.endswith(".ok"):
            raise Failure(f"not all rows were sent: {marker}")
