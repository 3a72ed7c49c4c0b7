"""Running the programs: one process at a time, the engines in turn, every output compared.

A *steady* run repeats the work in one process until it has both repeated often enough and gone on long enough; the
later half of its repetitions shows what the code has become. A *whole* run is a process that does so much work as
plain CPython does in a given time, and ends: start-up and warm-up included, what a person waits for. A *warm-up* run
repeats a small piece of work, so small that one can watch it become faster. The engines take turns within each
round, and each round begins with another one, so that a machine that grows slow or busy does so for all.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whitehot.tools import bench_launcher
from whitehot.tools.bench_engines import Engine, child_environment
from whitehot.tools.bench_lengths import Calibrator, Length, Trial

STEADY = "steady"
WARMUP = "warmup"
# Starts of an engine that does nothing, in each round.
STARTS = 5
# Seconds of plain CPython that an iteration of a warm-up run takes.
ITERATION = 0.02


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds over the engines, which lengths, and how long the longer runs are.

    A steady run has at least `repeat` repetitions and lasts at least `seconds`, as does a warm-up run; a process that
    runs longer than `limit` seconds is ended and counts as failed. `lengths` are "steady", "warmup" and, for whole
    processes, the time that plain CPython is to take: "1s", "0.2s".
    """

    rounds: int = 3
    repeat: int = 4
    seconds: float = 3.0
    limit: float = 180.0
    lengths: tuple[str, ...] = (STEADY, "1s", "0.2s", WARMUP)


@dataclass(frozen=True)
class Run:
    """What one process did.

    Exit status, output, seconds of wall clock, peak bytes, seconds of each repetition, and the seconds of processor
    time of the process and of the repetitions in it.
    """

    status: int
    output: str
    errors: str
    wall: float
    peak: int
    size: int = 0
    seconds: tuple[float, ...] = ()
    processor: float = 0.0
    work: float = 0.0


@dataclass(frozen=True)
class Sample:
    """What is kept of a run: as in Run."""

    wall: float
    processor: float
    peak: int
    seconds: tuple[float, ...]


# The samples of one engine on one program: length -> a sample of each round.
type Samples = dict[str, list[Sample]]


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
    """One program on all engines. An engine that failed, or has no version of the program, has no samples.

    `lengths` says what was found to take plain CPython as long as each length of the plan says.
    """

    program: str
    samples: dict[str, Samples] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    lengths: dict[str, Length] = field(default_factory=dict)


class BaselineError(Exception):
    """The baseline itself failed: there is nothing to compare with."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure


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
            return Run(-signal.SIGKILL, "", f"still running after {limit:g} seconds", limit, 0)
        finally:
            if process.poll() is None:
                # The session holds the launcher and the program; either alone would outlive the other.
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        if not report.exists():
            return Run(1, output, errors, 0.0, 0)
        status, wall, peak, processor = report.read_text().split()
        told = json.loads(times.read_text()) if times.exists() else {}
        return Run(
            status=int(status),
            output=output,
            errors=errors,
            wall=float(wall),
            peak=int(peak),
            size=told.get("size", 0),
            seconds=tuple(told.get("seconds", ())),
            processor=float(processor),
            work=told.get("processor", 0.0),
        )


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


def whole_seconds(length: str) -> float | None:
    """0.2 for "0.2s"; None for the lengths that are no time. Raises ValueError for what is no length at all."""
    if length in (STEADY, WARMUP):
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", length)
    if found is None or float(found[1]) == 0:
        raise ValueError(f"no length {length!r}; there are: {STEADY}, {WARMUP}, and seconds such as 1s or 0.2s")
    return float(found[1])


def find_lengths(program: str, engine: Engine, folder: Path, plan: Plan) -> dict[str, Length]:
    """The work for each length of the plan that is a time, found by running the engine. Raises BaselineError."""
    command = engine.invocation(folder, program) or ()
    environment = child_environment(engine, os.environ)

    def run(*arguments: str) -> Run:
        done = run_program([*command, *arguments], folder, environment, plan.limit)
        failure = check(done, done.output, program, engine)
        if failure is not None:
            raise BaselineError(failure)
        return done

    def trial(size: int, repeat: int) -> Trial:
        done = run("--size", str(size), "--repeat", str(repeat))
        return Trial(done.processor, done.work)

    if not set(plan.lengths) - {STEADY}:
        return {}
    calibrator = Calibrator(trial, run().size)
    lengths: dict[str, Length] = {}
    for name in plan.lengths:
        seconds = whole_seconds(name)
        if seconds is not None:
            lengths[name] = calibrator.whole(seconds)
        elif name == WARMUP:
            lengths[name] = calibrator.iteration(ITERATION)
    return lengths


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
    expected: dict[str, str] = {}
    try:
        progress(f"{program}: finding lengths")
        result.lengths = find_lengths(program, engines[0], folder, plan)
        for number in range(plan.rounds):
            # The first run of all is the baseline's.
            for engine, command in in_turn(racing, number):
                if any(failure.engine == engine.name for failure in result.failures):
                    continue
                progress(f"{program}: round {number + 1} of {plan.rounds}, {engine.name}")
                taken = _one_of_each(program, engine, command, folder, plan, result.lengths, expected)
                if isinstance(taken, dict):
                    samples = result.samples.setdefault(engine.name, {})
                    for name, sample in taken.items():
                        samples.setdefault(name, []).append(sample)
                    continue
                if engine is engines[0]:
                    raise BaselineError(taken)
                result.failures.append(taken)
                result.samples.pop(engine.name, None)
    except BaselineError as error:
        return ProgramResult(program, {}, [*result.failures, error.failure], result.lengths)
    return result


def _one_of_each(
    program: str,
    engine: Engine,
    command: Sequence[str],
    folder: Path,
    plan: Plan,
    lengths: Mapping[str, Length],
    expected: dict[str, str],
) -> dict[str, Sample] | Failure:
    """A run of each length, or how one failed. The first output at a length is what the next must print."""
    environment = child_environment(engine, os.environ)
    taken: dict[str, Sample] = {}
    for name in plan.lengths:
        if name == WARMUP and not engine.curve:
            continue
        run = run_program([*command, *_arguments(name, lengths, plan)], folder, environment, plan.limit)
        failure = check(run, expected.setdefault(name, run.output), program, engine)
        if failure is not None:
            return failure
        taken[name] = Sample(run.wall, run.processor, run.peak, run.seconds)
    return taken


def _arguments(name: str, lengths: Mapping[str, Length], plan: Plan) -> list[str]:
    if name == STEADY:
        return ["--repeat", str(plan.repeat), "--seconds", str(plan.seconds)]
    length = lengths[name]
    sized = ["--size", str(length.size), "--repeat", str(length.repeat)]
    return [*sized, "--seconds", str(plan.seconds)] if name == WARMUP else sized


def in_turn[T](items: Sequence[T], number: int) -> Sequence[T]:
    """The items, beginning with another one in each round."""
    turn = number % len(items)
    return [*items[turn:], *items[:turn]]


def measure_starts(
    engines: Sequence[Engine], folder: Path, plan: Plan, progress: Callable[[str], None] = lambda _: None
) -> dict[str, list[float]]:
    """Seconds of wall clock of processes that do nothing (`python -c pass`), by engine, in the order of the rounds.

    An engine that only runs versions of its own has none, nor has one that fails.
    """
    starts: dict[str, list[float]] = {engine.name: [] for engine in engines if not engine.package}
    for number in range(plan.rounds * STARTS):
        progress(f"start-up: round {number + 1} of {plan.rounds * STARTS}")
        for engine in in_turn(engines, number):
            if engine.name not in starts:
                continue
            environment = child_environment(engine, os.environ)
            run = run_program([*engine.command, "-c", "pass"], folder, environment, plan.limit)
            if run.status:
                del starts[engine.name]
            else:
                starts[engine.name].append(run.wall)
    return starts


def _shortened(text: str) -> str:
    return repr(text) if len(text) <= 200 else f"{text[:200]!r}... ({len(text)} characters)"
