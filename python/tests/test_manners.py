"""Signals, threads, progress, forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import saddleflux

# A machine that does other things too.
PATIENCE = 0.5 if os.environ.get("SADDLEFLUX_IDLE") else 2.0


@pytest.mark.parametrize("after", [0.02, 0.3, 1.0])
def test_interrupt_comes_back_at_once(after: float, long: Any) -> None:
    sent = []

    def press() -> None:
        time.sleep(after)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(saddleflux.Interrupted) as caught:
        saddleflux.solve(long)
    assert time.monotonic() - sent[0] < PATIENCE
    assert isinstance(caught.value, KeyboardInterrupt) and not isinstance(caught.value, Exception)
    # And what comes next is solved.
    saddleflux.solve({**long, "grid": {"cells": [16, 16]}})


def test_signal_handlers_of_ones_own(long: Any) -> None:
    class Enough(Exception):
        pass

    def handler(number: int, frame: Any) -> None:
        raise Enough

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(Enough):
            saddleflux.solve(long)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_other_threads_go_on(long: Any) -> None:
    counted = []

    def tell(phase: str, done: int, total: int) -> None:
        counted.append((phase, done, total, beats[0]))
        if len(counted) == 6:
            raise StopIteration("enough")

    beats, stop = [0], threading.Event()

    def beat() -> None:
        while not stop.is_set():
            beats[0] += 1
            time.sleep(0.001)

    threading.Thread(target=beat).start()
    try:
        with pytest.raises(StopIteration, match="enough"):
            saddleflux.solve(long, progress=tell)
    finally:
        stop.set()
    assert counted[-1][3] - counted[0][3] > 10
    assert all(isinstance(phase, str) and total >= 0 for phase, _, total, _ in counted)


def test_two_solutions_at_once_and_threads_change_nothing(double_well: Any) -> None:
    alone = saddleflux.solve(double_well, threads=1)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda threads: saddleflux.solve(double_well, threads=threads), [1, 2, 3, 4, 1, 2]))
    for other in others:
        assert other.summary["rate"] == alone.summary["rate"]
        assert np.array_equal(other.fields["quasi_stationary"], alone.fields["quasi_stationary"])
    assert others[2].summary["provenance"]["threads"] == 3


def _rate(problem: Any) -> float:
    return saddleflux.solve(problem).rate.value


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_workers_solve(double_well: Any) -> None:
    own = _rate(double_well)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.map_async(_rate, [double_well] * 4).get(timeout=60)
    assert found == [own] * 4


FORKED_MEANWHILE = """
import os, sys, threading, time, saddleflux
long, short = {long}, {short}
threading.Thread(target=lambda: saddleflux.solve(long), daemon=True).start()
time.sleep(0.4)
child = os.fork()
if child == 0:
    try:
        saddleflux.solve(short)
        os._exit(0)
    except RuntimeError as error:
        os._exit(7 if "forked" in str(error) else 8)
for _ in range(200):
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        os._exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.05)
os._exit(9)
"""


# A function that takes a while, in Python's own code: in a thread that nobody joins, and in the main thread, interrupted.
SLOW = """
import os, signal, sys, threading, time, saddleflux
import numpy as np

calls = []
def slow(x, y):
    calls.append(time.monotonic())
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        sum(range(100))
    return (x**2 - 1) ** 2 + y**2 + 0.1 * np.sin(40 * x * y)

problem = saddleflux.Problem(slow, 0.1, valley=[-1, 0], domain=([-2, -2], [2, 2]), cells=(32, 32))
"""
IN_A_DAEMON = SLOW + """
threading.Thread(target=problem.solve, daemon=True).start()
time.sleep({delay})
sys.exit(5)
"""
INTERRUPTED = SLOW + """
threading.Timer({delay}, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    problem.solve()
except saddleflux.Interrupted:
    at = time.monotonic()
else:
    sys.exit(1)
time.sleep(0.5)
if any(call > at for call in calls):
    sys.exit(2)
child = os.fork()
if child == 0:
    quick = saddleflux.Problem("(x^2 - 1)^2", 0.1, valley=-1, cells=64)
    os._exit(0 if quick.solve().rate.value > 0 else 3)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(5 if status == 0 else status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("delay", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("script", [IN_A_DAEMON, INTERRUPTED])
def test_a_script_that_ends_while_a_function_is_called(script: str, delay: float) -> None:
    done = subprocess.run([sys.executable, "-c", script.format(delay=delay)], timeout=60, capture_output=True, text=True)
    assert done.returncode == 5, done.stderr
    assert "Fatal" not in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_interrupt_ends_a_slow_function_and_its_calls() -> None:
    calls: list[float] = []

    def slow(x: Any) -> Any:
        calls.append(time.monotonic())
        until = time.monotonic() + 30.0
        while time.monotonic() < until:
            sum(range(100))
        return (x**2 - 1.0) ** 2

    sent = []

    def press() -> None:
        time.sleep(0.3)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(saddleflux.Interrupted):
        saddleflux.Problem(slow, 0.1, valley=-1.0, cells=64).solve()
    assert time.monotonic() - sent[0] < PATIENCE and len(calls) == 1


def test_functions_run_in_the_callers_thread() -> None:
    seen = set()

    def own(x: Any) -> Any:
        seen.add((threading.get_ident(), np.geterr()["divide"]))
        return (x**2 - 1.0) ** 2

    with np.errstate(divide="raise"):
        saddleflux.Problem(own, 0.1, valley=-1.0, cells=64).solve()
    assert seen == {(threading.get_ident(), "raise")}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_in_the_middle_of_a_solution_says_so(long: Any, double_well: Any) -> None:
    text = FORKED_MEANWHILE.format(long=long, short=double_well)
    assert subprocess.run([sys.executable, "-c", text], timeout=60).returncode == 7


def test_spawned_workers_solve(double_well: Any) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map_async(_rate, [double_well]).get(timeout=60) == [_rate(double_well)]


@pytest.mark.parametrize("loss", ["(x^2 - 1)^2", lambda x: (x**2 - 1.0) ** 2])
def test_many_small_problems_leave_no_memory(loss: Any) -> None:
    problem = saddleflux.Problem(loss, 0.2, valley=-1.0, cells=32, solve={"error_estimate": False})

    def resident() -> int:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    if not os.path.exists("/proc/self/statm"):
        pytest.skip("no /proc here")

    import warnings

    def many(count: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(count):
                problem.solve(threads=1)

    many(50)
    before = resident()
    many(200)
    # Two kilobytes a problem would be seen.
    assert resident() - before < 400 * 1024


def test_import_is_quick() -> None:
    text = "import time, numpy; t = time.perf_counter(); import saddleflux; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    # 0.2 s on an idle machine, NumPy apart.
    assert float(done.stdout) < 5 * 0.2
