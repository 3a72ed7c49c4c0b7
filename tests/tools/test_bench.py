"""The benchmark runner: its arithmetic, the protocol of the programs, and how it notices a wrong output."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from whitehot.tools import bench, bench_engines
from whitehot.tools.bench_engines import Absent, Engine, Lineup, PeerMissingError, child_environment
from whitehot.tools.bench_measure import Failure, Plan, ProgramResult, Samples, measure_program, run_program
from whitehot.tools.bench_table import (
    MEBIBYTE,
    Figures,
    figures,
    format_extra_memory,
    format_ratio,
    format_seconds,
    geometric_mean,
    settled,
    speedup,
    tables,
)

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SHORT = Plan(rounds=2, repeat=2, seconds=0.0, limit=30.0)
PLAIN = Engine("plain", (sys.executable,))

# Sizes at which a program takes milliseconds, and the answer where it is known from elsewhere.
SMALL: dict[str, tuple[int, str | None]] = {
    "asyncio_tasks": (40, None),
    "bank": (1000, None),
    "checkout": (2000, None),
    "dijkstra": (30, None),
    "exceptions": (50, None),
    "fannkuch": (7, "(228, 16)"),
    "fib": (15, "610"),
    "game_of_life": (4, None),
    "levenshtein": (12, None),
    "log_pipeline": (2000, None),
    "mandelbrot": (12, None),
    "matmul": (8, None),
    "nbody": (1000, "-0.169075164 -0.169087605"),
    "queens": (4, "2\n. . Q .\nQ . . .\n. . . Q\n. Q . ."),
    "sales": (60, None),
    "sieve": (100, "(25, 1060)"),
    "spectral_norm": (100, "1.274219991"),
    "text_report": (60, None),
    "tokens": (10, None),
    "word_count": (20, None),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of benchmark programs, with the protocol."""
    programs = tmp_path / "programs"
    programs.mkdir()
    shutil.copy(BENCHMARKS / "_protocol.py", programs)
    return programs


def write_program(folder: Path, name: str, work: str) -> None:
    """A program whose `work(size)` returns the value of the expression."""
    text = f"import os, sys, time\nfrom _protocol import benchmark\nbenchmark(lambda size: {work}, 3)\n"
    (folder / f"{name}.py").write_text(text)


def rendered(results: Sequence[ProgramResult], engines: Sequence[str]) -> str:
    """The three tables as plain text."""
    console = Console(file=io.StringIO(), width=150)
    for table in tables(results, engines):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def run_script(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = child_environment(PLAIN, os.environ) | variables
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


# The arithmetic


def test_the_warm_up_half_is_left_out() -> None:
    """A steady run's figure is the median of its later repetitions."""
    assert settled([9.0, 8.0, 1.0, 2.0]) == 1.5
    assert settled([9.0, 3.0, 1.0, 2.0, 8.0]) == 2.0
    assert settled([7.0]) == 7.0


def test_figures_are_medians_over_the_rounds() -> None:
    """One bad round does not change the figures."""
    samples = Samples(whole=[1.0, 50.0, 1.2], steady=[(4.0, 2.0), (4.0, 3.0), (4.0, 90.0)], peak=[10, 11, 99])
    assert figures(samples) == Figures(steady=3.0, whole=1.2, peak=11)


def test_speedups_are_larger_for_the_faster_one() -> None:
    """Half the time is twice the speed."""
    assert speedup(baseline=2.0, other=1.0) == 2.0


def test_geometric_mean() -> None:
    """Twice as fast here and half as fast there is no gain."""
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)
    assert geometric_mean([1.0, 10.0, 100.0]) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.5, "[red]0.50x[/red]"),
        (0.96, "0.96x"),
        (1.04, "1.04x"),
        (9.994, "[green]9.99x[/green]"),
        (9.996, "[green]10.0x[/green]"),
        (12.34, "[green]12.3x[/green]"),
        (99.96, "[green]100x[/green]"),
    ],
)
def test_ratios_have_three_digits(ratio: float, text: str) -> None:
    """Colour marks what is outside the noise."""
    assert format_ratio(ratio) == text


def test_units() -> None:
    """Seconds, milliseconds and mebibytes read well."""
    assert format_seconds(1.234) == "1.23 s"
    assert format_seconds(0.0123) == "12.3 ms"
    assert format_seconds(0.9996) == "1.00 s"
    assert format_extra_memory(12.4 * MEBIBYTE) == "+12 MiB"
    assert format_extra_memory(-3 * MEBIBYTE) == "-3 MiB"


# The tables


def one_run(seconds: float, peak: int) -> Samples:
    return Samples(whole=[seconds * 2], steady=[(seconds,)], peak=[peak * MEBIBYTE])


def test_tables_show_ratios_gaps_and_failures() -> None:
    """Absolute for the baseline, ratios for the rest; what was not measured, and what failed, is told apart."""
    results = [
        ProgramResult("first", {"plain": one_run(0.4, 10), "fast": one_run(0.02, 30), "some": one_run(0.2, 11)}),
        ProgramResult(
            "second", {"plain": one_run(0.3, 10), "some": one_run(0.1, 10)}, [Failure("second", "fast", "!")]
        ),
        ProgramResult("third", {"plain": one_run(0.3, 10), "fast": one_run(0.06, 30)}),
    ]
    steady, whole, memory = rendered(results, ["plain", "fast", "some"]).split("program")[1:]

    def cells(text: str, name: str) -> list[str]:
        [line] = [line for line in text.splitlines() if name in line]
        return [cell.strip() for cell in line.strip("│").split("│")][1:]

    assert cells(steady, "first") == ["400 ms", "20.0x", "2.00x"]
    assert cells(steady, "second") == ["300 ms", "FAILED", "3.00x"]
    assert cells(steady, "third") == ["300 ms", "5.00x", "-"]
    assert cells(steady, "geometric mean") == ["", "10.0x (2 of 3)", "2.45x (2 of 3)"]
    assert cells(whole, "first") == ["800 ms", "20.0x", "2.00x"]
    assert cells(memory, "first") == ["10 MiB", "+20 MiB", "+1 MiB"]


def test_a_failed_baseline_leaves_an_empty_row() -> None:
    """Without a baseline there are no ratios, and no mean."""
    text = rendered([ProgramResult("only", {}, [Failure("only", "plain", "!")])], ["plain", "fast"])
    assert text.count("FAILED") == 3
    assert "x" not in text.replace("geometric", "")


# The protocol of the programs


def test_protocol_prints_once_and_writes_times(folder: Path, tmp_path: Path) -> None:
    """However many repetitions, the output is the same; the times are as many as asked for."""
    write_program(folder, "tiny", "size * 2")
    times = tmp_path / "times.json"
    done = run_script(str(folder / "tiny.py"), "--repeat", "3", "--size", "21", WHITEHOT_BENCH_OUT=str(times))
    assert (done.returncode, done.stdout) == (0, "42\n")
    written = json.loads(times.read_text())
    assert written["size"] == 21
    assert len(written["seconds"]) == 3


def test_protocol_goes_on_for_the_time_asked_for(folder: Path, tmp_path: Path) -> None:
    """`--seconds` asks for more repetitions of a short work."""
    write_program(folder, "tiny", "time.sleep(0.01)")
    times = tmp_path / "times.json"
    run_script(str(folder / "tiny.py"), "--seconds", "0.1", WHITEHOT_BENCH_OUT=str(times))
    assert sum(json.loads(times.read_text())["seconds"]) > 0.05


def test_protocol_notices_a_result_that_changes(folder: Path) -> None:
    """An engine that computes wrongly only once warm does not get away with it."""
    write_program(
        folder, "drifting", "sys.intern('x') and sys.modules.setdefault('n', []).append(1) or len(sys.modules['n'])"
    )
    done = run_script(str(folder / "drifting.py"), "--repeat", "2")
    assert done.returncode == 1
    assert "repetition 2 gave '2', the first one '1'" in done.stderr


def test_every_program_is_tested_here() -> None:
    """A new benchmark program needs a line in SMALL."""
    assert sorted(SMALL) == bench.programs_in(BENCHMARKS)


@pytest.mark.parametrize("program", sorted(SMALL))
def test_programs_print_the_same_each_time(program: str) -> None:
    """The result depends on the size alone, not on how strings happen to be hashed."""
    size, answer = SMALL[program]
    runs = [
        run_script(str(BENCHMARKS / f"{program}.py"), "--size", str(size), "--repeat", "2", PYTHONHASHSEED=seed)
        for seed in ("1", "2")
    ]
    assert [(run.returncode, run.stderr) for run in runs] == [(0, "")] * 2
    assert runs[0].stdout == runs[1].stdout
    if answer is not None:
        assert runs[0].stdout == f"{answer}\n"


# Running and comparing


def test_a_run_is_measured(folder: Path) -> None:
    """Output, status, time and memory of one process; the memory is the program's own."""
    write_program(folder, "large", "len(bytearray(b'x') * (64 << 20))")
    environment = child_environment(PLAIN, os.environ)
    small = run_program([sys.executable, "-c", "pass"], folder, environment, 30)
    large = run_program([sys.executable, str(folder / "large.py"), "--repeat", "2"], folder, environment, 30)
    assert (large.status, large.output, len(large.seconds)) == (0, f"{64 << 20}\n", 2)
    assert large.wall > sum(large.seconds)
    assert small.seconds == ()
    assert large.peak - small.peak > 50 * MEBIBYTE
    assert 2 * MEBIBYTE < small.peak < 60 * MEBIBYTE


def test_a_run_that_does_not_end_is_ended(folder: Path) -> None:
    """The launcher and the program both go."""
    program = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    run = run_program([sys.executable, "-c", program], folder, child_environment(PLAIN, os.environ), 1.5)
    assert run.status == -9
    assert "still running" in run.errors
    pid = int((folder / "pid").read_text())
    for _ in range(100):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or ") Z " in state.read_text():
            return
        time.sleep(0.05)
    pytest.fail("the program outlived its time")


def test_engines_take_turns(folder: Path) -> None:
    """Each round begins with another engine, and every engine has a sample of each round."""
    write_program(folder, "tiny", "size")
    said: list[str] = []
    other = Engine("other", (sys.executable,), {"OTHER": "1"})
    result = measure_program("tiny", [PLAIN, other], folder, SHORT, said.append)
    assert [line.partition(", ")[2] for line in said] == ["plain", "other", "other", "plain"]
    assert result.failures == []
    for samples in result.samples.values():
        assert (len(samples.whole), len(samples.peak), [len(run) for run in samples.steady]) == (2, 2, [2, 2])


def test_a_different_output_is_noticed(folder: Path) -> None:
    """The engine drops out with both outputs on record; not even a peer is pardoned."""
    write_program(folder, "odd", "os.environ.get('ODD', 'even')")
    odd = Engine("odd", (sys.executable,), {"ODD": "odd"}, peer=True)
    result = measure_program("odd", [PLAIN, odd], folder, SHORT)
    assert result.failures == [Failure("odd", "odd", r"printed 'odd\n', plain CPython printed 'even\n'")]
    assert list(result.samples) == ["plain"]


@pytest.mark.parametrize("peer", [False, True])
def test_a_crash_is_noticed(folder: Path, *, peer: bool) -> None:
    """A crash is a failure of whitehot, but not of the comparison when it is a peer's."""
    write_program(folder, "crash", "os.abort() if 'ODD' in os.environ else 1")
    result = measure_program("crash", [PLAIN, Engine("odd", (sys.executable,), {"ODD": "1"}, peer=peer)], folder, SHORT)
    [failure] = result.failures
    assert failure.what.startswith("ended with status -6")
    assert failure.pardoned is peer


def test_a_failing_baseline_ends_the_program(folder: Path) -> None:
    """Nothing is compared with a program that does not run."""
    write_program(folder, "broken", "1 / 0")
    result = measure_program("broken", [PLAIN, Engine("other", (sys.executable,))], folder, SHORT)
    assert result.failures == [Failure("broken", "plain", "ended with status 1: ZeroDivisionError: division by zero")]
    assert result.samples == {}


def test_a_program_without_the_protocol_is_noticed(folder: Path) -> None:
    """A program that writes no times cannot be measured."""
    (folder / "bare.py").write_text("print(1)\n")
    [failure] = measure_program("bare", [PLAIN], folder, SHORT).failures
    assert "wrote no times" in failure.what


def test_an_engine_with_its_own_versions_runs_only_those(folder: Path) -> None:
    """Numba takes part where there is a Numba version, which can use the plain program's functions."""
    for name in ("carried", "missing"):
        write_program(folder, name, "size")
    (folder / "versions").mkdir()
    (folder / "versions" / "carried.py").write_text(
        "from _protocol import benchmark\nbenchmark(lambda size: size, 3)\n"
    )
    engine = Engine("own", (sys.executable,), package="versions")
    assert set(measure_program("carried", [PLAIN, engine], folder, SHORT).samples) == {"plain", "own"}
    missing = measure_program("missing", [PLAIN, engine], folder, SHORT)
    assert (set(missing.samples), missing.failures) == ({"plain"}, [])


# The engines


def test_the_environment_is_cleaned() -> None:
    """No variable of the caller's switches a JIT on for the baseline; whitehot's settings reach whitehot."""
    inherited = {
        "PATH": "/bin",
        "PYTHON_JIT": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "WHITEHOT": "1",
        "WHITEHOT_STATS": "1",
    }
    assert child_environment(PLAIN, inherited) == {"PATH": "/bin"}
    assert child_environment(Engine("jit", ("python",), {"PYTHON_JIT": "1"}), inherited) == {
        "PATH": "/bin",
        "PYTHON_JIT": "1",
    }


def test_settings_reach_whitehot(monkeypatch: pytest.MonkeyPatch) -> None:
    """`WHITEHOT_OPT_LEVEL=0 make bench` measures what it says."""
    monkeypatch.setenv("WHITEHOT_OPT_LEVEL", "0")
    [engine] = [
        engine
        for engine in bench_engines.find_engines(sys.executable, False, Path()).engines
        if engine.name == "whitehot"
    ]
    assert engine.environment == {"WHITEHOT": "1", "WHITEHOT_OPT_LEVEL": "0"}


def test_a_build_without_the_jit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PYTHON_JIT=1` has no effect on such a build: the column is left out, with the reason."""
    monkeypatch.setattr(bench_engines, "succeeds", lambda _engine, _code: False)
    lineup = bench_engines.find_engines(sys.executable, False, Path())
    assert lineup.absent == (Absent("PYTHON_JIT=1", f"{sys.executable} was built without the JIT"),)
    assert [engine.name for engine in lineup.engines] == ["plain", "whitehot"]
    assert "did not switch whitehot on" in lineup.engines[1].note


def test_peers_that_cannot_be_had_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing on the path and no installer: every peer is named with a reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def fail(package: str, environment: Path, python: str) -> None:
        raise PeerMissingError(f"no {package} in {environment.name} for {Path(python).name}")

    monkeypatch.setattr(bench_engines, "install", fail)
    lineup = bench_engines.find_engines(sys.executable, True, tmp_path / "peers")
    why = {absent.name: absent.why for absent in lineup.absent if absent.name != "PYTHON_JIT=1"}
    python = Path(sys.executable).name
    assert why == {
        "pypy3": "not on the path",
        "python3.15": "not on the path",
        "cinderx": f"no cinderx in cinderx for {python}",
        "numba": f"no numba in numba for {python}",
    }


def test_a_failing_installer_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The last line of what the installer said is the reason."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho first >&2\necho the disc is full >&2\nexit 3\n")
    fake.chmod(0o755)
    with pytest.raises(PeerMissingError, match=r"^cannot be installed: the disc is full$"):
        bench_engines.install("numba", tmp_path / "peers" / "numba", str(fake))


# The command


def test_programs_are_chosen_by_name(folder: Path) -> None:
    """Nothing means the three; `all` means all; a name twice means once."""
    for name in ("dijkstra", "fib", "levenshtein", "mandelbrot"):
        write_program(folder, name, "size")
    assert bench.chosen_programs([], folder) == ["mandelbrot", "levenshtein", "dijkstra"]
    assert bench.chosen_programs(["all"], folder) == ["dijkstra", "fib", "levenshtein", "mandelbrot"]
    assert bench.chosen_programs(["fib", "fib"], folder) == ["fib"]
    with pytest.raises(ValueError, match=r"no program 'fob' in .*; there are: dijkstra, fib"):
        bench.chosen_programs(["fob"], folder)
    with pytest.raises(ValueError, match="no benchmark programs"):
        bench.chosen_programs([], folder / "nowhere")


@pytest.fixture
def two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain, and another one that can be told apart by its environment; no JIT is asked for."""
    lineup = Lineup(
        (PLAIN, Engine("other", (sys.executable,), {"ODD": "1"}, version="3.x")), (Absent("gone", "it left"),)
    )
    monkeypatch.setattr(bench, "find_engines", lambda _python, _peers, _folder: lineup)


def options(folder: Path, output: Path) -> list[str]:
    lengths = ["--rounds", "1", "--repeat", "2", "--seconds", "0"]
    return ["--folder", str(folder), "--output", str(output), *lengths]


@pytest.mark.usefixtures("two_engines")
def test_the_command_prints_tables_and_writes_samples(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`PROGRAMS` names the programs; the file has every sample; absent engines are said."""
    write_program(folder, "tiny", "size")
    monkeypatch.setenv("PROGRAMS", "tiny")
    output = tmp_path / "bench.json"
    assert bench.main(options(folder, output)) == 0
    printed = capsys.readouterr().out
    for part in ("steady state", "whole process", "peak memory", "geometric mean", "gone: not measured: it left"):
        assert part in printed
    written = json.loads(output.read_text())
    assert set(written["samples"]["tiny"]) == {"plain", "other"}
    assert len(written["samples"]["tiny"]["plain"]["steady"][0]) == 2
    assert written["figures"]["tiny"]["plain"]["whole"] == written["samples"]["tiny"]["plain"]["whole"][0]
    assert written["engines"][1]["version"] == "3.x"
    assert written["machine"]["cores"] == os.cpu_count()


@pytest.mark.usefixtures("two_engines")
def test_the_command_fails_loudly_on_a_different_output(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status is 1, and the two outputs stand at the end."""
    write_program(folder, "odd", "os.environ.get('ODD', 'even')")
    assert bench.main(["odd", *options(folder, tmp_path / "bench.json")]) == 1
    assert r"FAILED: odd under other printed '1\n', plain CPython printed 'even\n'" in capsys.readouterr().out


def test_a_name_that_is_not_there_is_a_usage_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One clear line and status 2."""
    write_program(folder, "tiny", "size")
    with pytest.raises(SystemExit) as stopped:
        bench.main(["huge", "--folder", str(folder)])
    assert stopped.value.code == 2
    assert "no program 'huge'" in capsys.readouterr().err
