"""What `pip install ./clients/python` installs."""

from __future__ import annotations

import email
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]


def test_the_wheel_has_the_package_its_types_and_its_licence(tmp_path: Path) -> None:
    source = tmp_path / "python"
    shutil.copytree(HERE, source, ignore=shutil.ignore_patterns(".venv", ".*_cache", "__pycache__", "tests"))
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("tradewind_client-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (about,) = (name for name in names if name.endswith("METADATA"))
        metadata = email.message_from_bytes(archive.read(about))
    package = HERE / "src"
    assert {str(path.relative_to(package)) for path in package.rglob("*.py")} <= names
    assert "tradewind_client/py.typed" in names
    assert all(name.startswith(("tradewind_client/", "tradewind_client-")) for name in names)
    assert metadata["License-Expression"] == "Apache-2.0 OR MIT"
    needed = [entry for entry in metadata.get_all("Requires-Dist", []) if "extra" not in entry]
    assert sorted(entry.split("<")[0].split(">")[0] for entry in needed) == ["httpx", "websockets"]
