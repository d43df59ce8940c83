"""What all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The generator is a tool beside the package, not a part of it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
