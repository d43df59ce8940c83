#!/usr/bin/env python3
"""Takes PostgreSQL away for half a minute under a running program that is sent orders, and counts what came of it.

    tools/try/postgres_outage.py PROGRAM          # PROGRAM: a built tradewind

It starts a PostgreSQL and the demo of its own in a temporary folder, as the user `postgres` when it is run by root, and
leaves nothing behind. Four accounts send orders and send what was answered 503 or 429 again under the same id. What has to
hold: market data flows, 503 says why, nothing is restarted, and no order that was acknowledged is lost or there twice.
Exit code 1 otherwise.
"""

from __future__ import annotations

import collections
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

UP_S, DOWN_S, AFTER_S = 15, 30, 30
ORDER = {"instrument": "BTC-USD.COINBASE", "side": "BUY", "type": "LIMIT", "price": "1000", "quantity": "0.001"}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Postgres:
    """A server of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        self.programs, self.folder, self.port = pathlib.Path(told.stdout.strip()), folder, free_port()
        self.log = folder / "log"
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self.run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync")

    def run(self, program: str, *arguments: object) -> None:
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        command = [*user, str(self.programs / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self.run("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.log, "-w", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "stop")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"


class Desk:
    """The running program, as somebody with a key sees it."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict, dict]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}"), dict(error.headers)

    def messages(self) -> float:
        """Messages of the feeds so far."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        counters = (line for line in lines if line.startswith("tradewind_") and "messages_total" in line)
        return sum(float(line.split()[-1]) for line in counters)

    def orders(self, account: str) -> list[str]:
        ids: list[str] = []
        cursor = ""
        while True:
            _, page, _ = self.call("GET", f"/accounts/{account}/orders?limit=500{cursor}")
            ids += [order["client_order_id"] for order in page["items"]]
            if not page.get("next_cursor"):
                return ids
            cursor = f"&cursor={page['next_cursor']}"


def send(desk: Desk, account: str, until: float, told: list[str], answers: collections.Counter) -> None:
    number = 0
    while time.monotonic() < until:
        number += 1
        name = f"{account}-{number}"
        while True:
            status, body, headers = desk.call("POST", f"/accounts/{account}/orders", {**ORDER, "client_order_id": name})
            answers[(status, body.get("error_code", ""))] += 1
            if status == 201:
                told.append(name)
                break
            if status not in (429, 503):
                raise SystemExit(f"{name}: {status} {body}")
            if status == 503 and not body.get("detail"):
                raise SystemExit(f"{name}: 503 without a reason")
            time.sleep(float(headers.get("retry-after", "1")))
            if time.monotonic() > until + 70:
                return
        time.sleep(0.3)


def main() -> int:
    program = pathlib.Path(sys.argv[1]).resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tradewind-outage-"))
    folder.chmod(0o755)
    (folder / "postgres").mkdir()
    postgres = Postgres(folder / "postgres")
    postgres.start()
    environment = {**os.environ, "DATABASE_URL": postgres.url, "TRADEWIND_LOG": "error"}
    data = ["--data", str(folder / "desk")]

    def once(*arguments: str) -> str:
        secret = {**environment, "TRADEWIND_PASSWORD": "four windy harbour lamps"}
        done = subprocess.run([program, *arguments, *data], env=secret, capture_output=True, text=True, check=True)
        return next((line for line in done.stdout.splitlines() if line.startswith("twk_")), "")

    once("user", "add", "adm", "--role", "super_admin")
    scopes = [part for scope in ("read", "trade", "cancel", "manage") for part in ("--scope", scope)]
    key = once("key", "add", "--user", "adm", "--name", "outage", *scopes)
    port = free_port()
    running = subprocess.Popen([program, "demo", *data, "--listen", f"127.0.0.1:{port}"], env=environment)
    try:
        desk = Desk(f"http://127.0.0.1:{port}", key)
        for _ in range(120):
            try:
                if desk.call("GET", "/quotes")[1].get("items"):
                    break
            except OSError:
                pass
            time.sleep(0.5)
        time.sleep(10)
        new = {"venue": "coinbase", "base_currency": "USD", "deposit": "1000000"}
        accounts = [desk.call("POST", "/accounts", {**new, "name": f"Outage {n}"})[1]["id"] for n in range(4)]
        told: dict[str, list[str]] = {account: [] for account in accounts}
        answers: collections.Counter = collections.Counter()
        until = time.monotonic() + UP_S + DOWN_S + AFTER_S
        senders = [threading.Thread(target=send, args=(desk, a, until, told[a], answers)) for a in accounts]
        for sender in senders:
            sender.start()
        time.sleep(UP_S)
        postgres.stop()
        before = desk.messages()
        time.sleep(DOWN_S)
        flowed = desk.messages() - before
        postgres.start()
        for sender in senders:
            sender.join()
        time.sleep(3)
        listed = {account: desk.orders(account) for account in accounts}
    finally:
        running.terminate()
        running.wait(30)
        postgres.stop()
        shutil.rmtree(folder)
    lost = sum(len(set(told[a]) - set(listed[a])) for a in accounts)
    doubled = sum(len(listed[a]) - len(set(listed[a])) for a in accounts)
    for (status, code), count in sorted(answers.items()):
        print(f"{count:5} answers {status} {code}")
    acknowledged = sum(map(len, told.values()))
    print(f"{flowed:.0f} messages of the feeds while it was away; {acknowledged} orders acknowledged, {lost} lost, {doubled} doubled")
    refused = any(status == 503 for status, _ in answers)
    return 0 if flowed > 0 and refused and acknowledged and not lost and not doubled else 1


if __name__ == "__main__":
    sys.exit(main())
