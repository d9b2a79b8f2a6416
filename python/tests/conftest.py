"""Where the command line and the examples are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"


def program() -> Path | None:
    """The program: ``SADDLEFLUX``, which must be there then, or the one that ``cargo build --release`` makes."""
    named = os.environ.get("SADDLEFLUX")
    if named:
        return Path(named).resolve(strict=True)
    path = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "saddleflux"
    return path if path.exists() else None


@pytest.fixture(scope="session")
def command_line() -> Any:
    """Runs a command of the program; gives its summary."""
    path = program()
    if path is None:
        pytest.skip("the program is not built: cargo build --release, or name it in SADDLEFLUX")

    def run(command: str, config: Path, out: Path, *more: str) -> dict[str, Any]:
        asked = [str(path), command, str(config), "--json", "--no-plots", "--out", str(out), *more]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def double_well() -> dict[str, Any]:
    """Out of the left well of (x² − 1)² + y², killed on the ridge; a few milliseconds."""
    return {
        "landscape": {"kind": "double-well", "dimension": 2},
        "noise": {"kind": "isotropic", "temperature": 0.1},
        "domain": {"lower": [-2, -2], "upper": [0, 2], "walls": {"x": ["reflecting", "absorbing"]}},
        "grid": {"cells": [32, 64]},
    }


@pytest.fixture
def long() -> dict[str, Any]:
    """Many seconds."""
    return {
        "landscape": {"kind": "three-hole"},
        "noise": {"kind": "expression", "d11": "0.2 + 0.01*x^2", "d12": "0.01*x*y", "d22": "0.2 + 0.01*y^2"},
        "valley": {"minimum": [-1.05, -0.04]},
        "grid": {"cells": [1200, 1200]},
    }
