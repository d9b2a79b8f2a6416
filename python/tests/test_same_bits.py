"""The same bits as the command line."""

from __future__ import annotations

import json
import os

os.environ.setdefault("MPLBACKEND", "Agg")

import warnings
from typing import Any

import h5py
import numpy as np
import pytest

import saddleflux
from conftest import CONFIGS, ROOT

# What the clock or the machine decides.
CLOCK = ("timing", "provenance", "seconds", "factor_bytes", "steps_per_second", "memory_bytes")
# What `run` solves: every example but the one that has no noise.
EXAMPLES = sorted(path.stem for path in CONFIGS.glob("*.toml") if path.stem != "covariance")
# The examples in full size are the program's own tests; what is compared here is the way, which has no size.
SMALLER: dict[str, dict[str, Any]] = {
    "banknote": {"grid.cells": [48, 48]},
    "committor": {"grid.cells": [64, 64]},
    "disc": {"grid.cells": [48, 48]},
    "evolve": {"evolve.times": [1e-3, 1.0, 1e4, 1e9]},
    "hessian": {"grid.cells": [64, 64]},
    "minibatch": {"particles.exits": 50},
    "muller-brown": {"grid.cells": [96, 96]},
    "network": {"grid.cells": [64, 64]},
    "particles": {"particles.exits": 100},
    "quickstart": {"grid.cells": [64, 128]},
    "schedule": {"evolve.times": [0.1, 10.0, 50.0]},
    "sgd": {"sgd.learning_rates": [0.16, 0.04, 0.01], "grid.cells": [200]},
    "slice": {"landscape.layers": [2], "grid.cells": [24, 24]},
    "spectrum": {"grid.cells": [48, 48]},
    "tensor": {"grid.cells": [38, 64]},
    "three-hole": {"grid.cells": [64, 64]},
    "turned": {"grid.cells": [64, 64]},
}


def numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: numbers(entry) for key, entry in value.items() if key not in CLOCK}
    return [numbers(entry) for entry in value] if isinstance(value, list) else value


def found(summary: dict[str, Any]) -> Any:
    return numbers({key: entry for key, entry in summary.items() if key != "parameters"})


def on_the_command_line(changes: dict[str, Any]) -> list[str]:
    return [word for key, value in changes.items() for word in ("--set", f"{key}={json.dumps(value)}")]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_the_command_lines_bits(name: str, command_line: Any, tmp_path: Any) -> None:
    config = CONFIGS / f"{name}.toml"
    smaller = SMALLER.get(name, {})
    told = command_line("run", config, tmp_path, *on_the_command_line(smaller))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = saddleflux.solve(config, set=smaller, threads=2)
    assert numbers(found.summary) == numbers(told)
    assert [str(warning.message) for warning in caught] == told["warnings"]
    with h5py.File(tmp_path / "result.h5") as file:
        assert set(file) == set(found.groups)
        for group, own in found.groups.items():
            assert {name for name, place in file[group].items()} == {*own.fields, *own.coordinates}
            for field, values in own.items():
                assert np.array_equal(file[group][field][()], values, equal_nan=True), f"/{group}/{field}"


def test_agreement_configurations_by_threads(command_line: Any, tmp_path: Any) -> None:
    for config in sorted((CONFIGS / "agreement").glob("0[1-9]-*.toml")):
        smaller: dict[str, Any] = {"particles.exits": 16, "particles.dt": 0.01, "grid.cells": [64, 64] if "plane" in config.stem else [128]}
        told = command_line("run", config, tmp_path / config.stem, *on_the_command_line(smaller))
        found = saddleflux.solve(config, set=smaller, threads=1)
        assert numbers(found.summary) == numbers(told), config.name


def test_particles_alone(command_line: Any, tmp_path: Any) -> None:
    config = CONFIGS / "agreement" / "01-line.toml"
    told = command_line("simulate", config, tmp_path, "--set", "particles.exits=500")
    found = saddleflux.simulate(config, set={"particles.exits": 500})
    assert numbers(found.summary) == numbers(told)
    assert found.particles.value == told["rate"]["particles"]["value"]
    assert not hasattr(found, "rate")


def test_sensitivities(command_line: Any, tmp_path: Any) -> None:
    asked = {"solve.quantities": ["rate", "sensitivities", "certificate", "spectrum"], "grid.cells": [32, 64]}
    told = command_line("run", CONFIGS / "quickstart.toml", tmp_path, *on_the_command_line(asked))
    found = saddleflux.solve(CONFIGS / "quickstart.toml", set=asked)
    assert numbers(found.summary) == numbers(told)
    assert found.sensitivities == told["sensitivity"]
    assert found.certificate.rate.tolist() == told["certificate"]["rate"]


def test_dictionary_text_file_and_result_mean_the_same(tmp_path: Any) -> None:
    path = CONFIGS / "quickstart.toml"
    changes = {"grid.cells": [32, 64]}
    by_file = saddleflux.solve(path, set=changes)
    by_text = saddleflux.solve(path.read_text(), set=changes)
    whole = saddleflux.Problem.from_toml(path).to_dict()
    whole["grid"]["cells"] = [32, 64]
    by_dictionary = saddleflux.solve(whole)
    by_words = saddleflux.Problem(
        saddleflux.landscapes.DoubleWell(),
        noise=0.02,
        domain=([-2, -2], [0, 2]),
        walls={"x": ["reflecting", "absorbing"]},
        cells=(32, 64),
        title=whole["title"],
    ).solve()
    by_result = saddleflux.solve(by_words.save(tmp_path / "out"))
    for other in (by_text, by_dictionary):
        assert numbers(other.summary) == numbers(by_file.summary)
    # Words name keys that the file leaves to their defaults, and summaries repeat what was written.
    for other in (by_words, by_result):
        assert found(other.summary) == found(by_file.summary)


def test_density_from_a_result(command_line: Any, tmp_path: Any) -> None:
    first = saddleflux.Problem.from_toml(CONFIGS / "evolve.toml").with_set(SMALLER["evolve"])
    first.solve().save(tmp_path / "result.h5")
    second = first.to_dict()
    second["evolve"] = {"start": {"file": "result.h5", "field": "stationary"}, "times": [1.0, 10.0]}
    # Beside the configuration, not in the working folder.
    config = tmp_path / "second.toml"
    config.write_text(saddleflux.Problem(second).to_toml())
    told = command_line("run", config, tmp_path / "out")
    assert numbers(saddleflux.solve(config).summary) == numbers(told)
    second["evolve"]["start"]["field"] = "nothing"
    config.write_text(saddleflux.Problem(second).to_toml())
    with pytest.raises(saddleflux.InputError, match='no field "nothing"'):
        saddleflux.solve(config)
