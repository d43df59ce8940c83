#!/usr/bin/env python3
"""Writes the typed part of the client from the server's OpenAPI document.

    python generate.py                 # from the snapshot under crates/server/tests
    python generate.py openapi.json    # from another document
    python generate.py --check         # says whether what is there is what would be written; changes nothing

The same document gives the same bytes. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator.document import DocumentError, load
from generator.models import enums, models
from generator.operations import operations
from generator.resources import resources

HERE = Path(__file__).resolve().parent
SNAPSHOT = HERE.parents[1] / "crates/server/tests/api/snapshots/api__openapi__openapi.snap"
PACKAGE = HERE / "src/tradewind_client"


def render(document: Path = SNAPSHOT) -> dict[Path, str]:
    """Every generated file and its text."""
    read = load(document)
    files = {"enums.py": enums(read), "models.py": models(read), "operations.py": operations(read)}
    files |= {f"api/{name}": text for name, text in resources(read).items()}
    return {PACKAGE / name: text for name, text in files.items()}


def differences(files: dict[Path, str]) -> list[Path]:
    """Files that are not as they would be written, and those that would not be written at all."""
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return stale + [path for path in sorted((PACKAGE / "api").glob("*.py")) if path not in files]


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document", nargs="?", type=Path, default=SNAPSHOT, help="JSON, or an insta snapshot of it")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when something would change")
    arguments = parser.parse_args()
    try:
        files = render(arguments.document)
    except DocumentError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2
    stale = differences(files)
    if arguments.check:
        for path in stale:
            print(f"not as generated: {path.relative_to(HERE)}", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        if path in files:
            path.write_text(files[path], encoding="utf-8")
            print(f"wrote {path.relative_to(HERE)}")
        else:
            path.unlink()
            print(f"removed {path.relative_to(HERE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
