"""Running the programs: one process at a time, the engines in turn, every output compared.

A *whole* run is a process that does the work once: start-up and warm-up included, what a person waits
for. A *steady* run repeats the work in one process until it has both repeated often enough and gone on long
enough; the later half of its repetitions shows what the code has become. The engines take turns within each
round, and each round begins with another one, so that a machine that grows slow or busy does so for all.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whitehot.tools import bench_launcher
from whitehot.tools.bench_engines import Engine, child_environment


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds over the engines, and the length of a steady run.

    A steady run has at least `repeat` repetitions and lasts at least `seconds`; a process that runs longer than
    `limit` seconds is ended and counts as failed.
    """

    rounds: int = 5
    repeat: int = 4
    seconds: float = 2.0
    limit: float = 180.0


@dataclass(frozen=True)
class Run:
    """What one process did: exit status, output, seconds of wall clock, peak bytes, seconds of each repetition."""

    status: int
    output: str
    errors: str
    wall: float
    peak: int
    seconds: tuple[float, ...]


@dataclass
class Samples:
    """The raw measurements of one engine on one program, in the order of the rounds.

    `whole`: seconds of wall clock of each whole run. `steady`: seconds of each repetition, per steady run. `peak`:
    peak bytes of each steady run (the one in which everything that will be compiled is compiled).
    """

    whole: list[float] = field(default_factory=list)
    steady: list[tuple[float, ...]] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """An engine that did not do as the baseline did; `what` says how, with both outputs where they differ.

    A failure that is `pardoned` does not make the comparison fail: a peer that crashes is its authors' business. One
    that prints something else never is, as it may as well be the program that is wrong.
    """

    program: str
    engine: str
    what: str
    pardoned: bool = False


@dataclass
class ProgramResult:
    """One program on all engines. An engine that failed, or has no version of the program, has no samples."""

    program: str
    samples: dict[str, Samples] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def run_program(command: Sequence[str], folder: Path, environment: Mapping[str, str], limit: float) -> Run:
    """Run one process in `folder` and measure it. A run past `limit` seconds is killed: status -9."""
    with tempfile.TemporaryDirectory(prefix="whitehot-bench-") as scratch:
        report, times = Path(scratch, "report"), Path(scratch, "times.json")
        launcher = [sys.executable, "-I", "-S", bench_launcher.__file__, str(report), *command]
        process = subprocess.Popen(
            launcher,
            cwd=folder,
            env={**environment, "WHITEHOT_BENCH_OUT": str(times)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return Run(-signal.SIGKILL, "", f"still running after {limit:g} seconds", limit, 0, ())
        finally:
            if process.poll() is None:
                # The session holds the launcher and the program; either alone would outlive the other.
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        if not report.exists():
            return Run(1, output, errors, 0.0, 0, ())
        status, wall, peak = report.read_text().split()
        seconds = tuple(json.loads(times.read_text())["seconds"]) if times.exists() else ()
        return Run(int(status), output, errors, float(wall), int(peak), seconds)


def check(run: Run, expected: str, program: str, engine: Engine) -> Failure | None:
    """What is wrong with a run, in words; None when it ended well and printed what was expected."""
    if run.status:
        last = run.errors.strip().splitlines()[-1:] or ["(nothing on stderr)"]
        return Failure(program, engine.name, f"ended with status {run.status}: {last[0]}", pardoned=engine.peer)
    if run.output != expected:
        what = f"printed {_shortened(run.output)}, plain CPython printed {_shortened(expected)}"
        return Failure(program, engine.name, what)
    if not run.seconds:
        return Failure(program, engine.name, "wrote no times: does it use _protocol.benchmark?")
    return None


def measure_program(
    program: str,
    engines: Sequence[Engine],
    folder: Path,
    plan: Plan,
    progress: Callable[[str], None] = lambda _: None,
) -> ProgramResult:
    """Run `folder/program.py` under all engines, the first being the baseline whose output the others must print.

    `progress` is told, in a line for people, what comes next. An engine that fails takes no further part; when it is
    the baseline, nobody does.
    """
    result = ProgramResult(program)
    commands = {engine.name: engine.invocation(folder, program) for engine in engines}
    racing = [(engine, command) for engine in engines if (command := commands[engine.name]) is not None]
    expected: str | None = None
    for number in range(plan.rounds):
        turn = number % len(racing)
        for engine, command in racing[turn:] + racing[:turn]:
            if any(failure.engine == engine.name for failure in result.failures):
                continue
            progress(f"{program}: round {number + 1} of {plan.rounds}, {engine.name}")
            whole, steady = _whole_and_steady(engine, command, folder, plan)
            # The first run of all is the baseline's.
            expected = whole.output if expected is None else expected
            failure = check(whole, expected, program, engine) or check(steady, expected, program, engine)
            if failure is None:
                samples = result.samples.setdefault(engine.name, Samples())
                samples.whole.append(whole.wall)
                samples.steady.append(steady.seconds)
                samples.peak.append(steady.peak)
                continue
            result.failures.append(failure)
            result.samples.pop(engine.name, None)
            if engine is engines[0]:
                return ProgramResult(program, {}, result.failures)
    return result


def _whole_and_steady(engine: Engine, command: Sequence[str], folder: Path, plan: Plan) -> tuple[Run, Run]:
    environment = child_environment(engine, os.environ)
    whole = run_program([*command, "--repeat", "1"], folder, environment, plan.limit)
    if whole.status:
        return whole, whole
    longer = ["--repeat", str(plan.repeat), "--seconds", str(plan.seconds)]
    return whole, run_program([*command, *longer], folder, environment, plan.limit)


def _shortened(text: str) -> str:
    return repr(text) if len(text) <= 200 else f"{text[:200]!r}... ({len(text)} characters)"
