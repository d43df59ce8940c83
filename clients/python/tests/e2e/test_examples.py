"""The examples run from beginning to end against the real program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import World
from tradewind_client import models

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAYS = {
    "catalogue_bars.py": "bars, ",
    "first_steps.py": "404 INSTRUMENT_UNKNOWN",
    "paper_order.py": "ORDER_SIZE",
    "stream.py": "reconnects 0 gaps 0",
}


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SAYS)


@pytest.mark.parametrize("name", sorted(SAYS))
def test_an_example_runs_to_its_end(name: str, world: World, quote: models.Quote, account: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name)],
        env={**os.environ, "TRADEWIND_URL": world.url, "TRADEWIND_API_KEY": world.trader},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert SAYS[name] in done.stdout
    assert world.trader not in done.stdout + done.stderr
