"""The real program with a data folder of its own: `tradewind demo` with its simulated venues, or `tradewind serve`."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BINARY = os.environ.get("TRADEWIND_BIN", "")
START_S = 60
STOP_S = 15
AT = re.compile(r"Tradewind is at (http://[\w.:\[\]]+)")


class NotStarted(Exception):
    """It ended, or said nothing, before it could be reached."""


@dataclass
class Server:
    """A data folder and the program on it."""

    data: Path
    mode: str
    url: str = ""
    output: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def command(self, *arguments: str, **more: str) -> str:
        """Runs the program once on the data folder; what it printed."""
        done = subprocess.run(
            [BINARY, *arguments, "--data", str(self.data)],
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            check=True,
            timeout=START_S,
        )
        return done.stdout.strip()

    def add_user(self, name: str, role: str) -> None:
        self.command("user", "add", name, "--role", role, TRADEWIND_PASSWORD="four windy harbour lamps")

    def add_key(self, user: str, *scopes: str) -> str:
        named = [part for scope in scopes for part in ("--scope", scope)]
        return self.command("key", "add", "--user", user, "--name", "tests", *named)

    def start(self, listen: str = "127.0.0.1:0") -> None:
        """Starts it and waits until it says where it is."""
        self.process = subprocess.Popen(
            [BINARY, self.mode, "--data", str(self.data), "--listen", listen],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        found = threading.Event()
        threading.Thread(target=self._read, args=(self.process, found), daemon=True).start()
        if not found.wait(START_S) or not self.url:
            self.stop()
            raise NotStarted("".join(self.output))

    def _read(self, process: subprocess.Popen[str], found: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.output.append(line)
                if address := AT.search(line):
                    self.url = address[1]
                    found.set()
        found.set()

    def stop(self) -> None:
        """As Ctrl-C does."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(subprocess.signal.SIGINT)  # type: ignore[attr-defined]
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self) -> None:
        """On the same data and the same port."""
        self.stop()
        self.start(self.url.removeprefix("http://"))


@contextlib.contextmanager
def running(mode: str = "demo") -> Iterator[Server]:
    """A server with nobody in it yet; it is started by who needs it."""
    with tempfile.TemporaryDirectory(prefix="tradewind-client-") as folder:
        server = Server(Path(folder) / "data", mode)
        try:
            yield server
        finally:
            server.stop()
