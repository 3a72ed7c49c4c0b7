"""The benchmark runner: which programs and engines, the protocol of the programs, how a wrong output is noticed.

Its tables and pictures are in `test_bench_tables.py`, its lengths in `test_bench_lengths.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whitehot.tools import bench, bench_engines, bench_programs
from whitehot.tools.bench_engines import Absent, Engine, Lineup, PeerMissingError, child_environment
from whitehot.tools.bench_measure import Failure, Plan, measure_program, measure_starts, run_program
from whitehot.tools.bench_table import MEBIBYTE

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SHORT = Plan(rounds=2, repeat=2, seconds=0.0, limit=30.0, lengths=("steady",))
PLAIN = Engine("plain", (sys.executable,), curve=True)

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


def run_script(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = child_environment(PLAIN, os.environ) | variables
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


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
    assert sorted(SMALL) == bench_programs.programs_in(BENCHMARKS)


def test_every_program_is_in_one_group() -> None:
    """The presented ones are classics too; every other program is in one group."""
    groups = [bench_programs.CLASSICS, bench_programs.ORDINARY, bench_programs.SHORT]
    assert sorted(name for group in groups for name in group) == bench_programs.programs_in(BENCHMARKS)
    assert set(bench_programs.PRESENTED) < set(bench_programs.CLASSICS)


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
    assert [line.partition(", ")[2] for line in said] == ["", "plain", "other", "other", "plain"]
    assert result.failures == []
    for samples in result.samples.values():
        assert [len(sample.seconds) for sample in samples["steady"]] == [2, 2]


def test_every_length_is_run(folder: Path) -> None:
    """A steady run, a whole process of a found size, and the small iterations where an engine's curve is drawn."""
    write_program(folder, "tiny", "sum(range(1000 * size)) * 0 + size")
    plan = Plan(rounds=1, repeat=1, seconds=0.0, limit=30.0, lengths=("steady", "0.1s", "warmup"))
    result = measure_program("tiny", [PLAIN, Engine("other", (sys.executable,))], folder, plan)
    assert result.failures == []
    assert {name: sorted(samples) for name, samples in result.samples.items()} == {
        "plain": ["0.1s", "steady", "warmup"],
        "other": ["0.1s", "steady"],
    }
    assert set(result.lengths) == {"0.1s", "warmup"}
    [sample] = result.samples["other"]["0.1s"]
    assert len(sample.seconds) == result.lengths["0.1s"].repeat


def test_starts_are_measured(folder: Path) -> None:
    """Processes that do nothing, of every engine that runs and is not confined to versions of its own."""
    engines = [PLAIN, Engine("broken", ("false",)), Engine("own", (sys.executable,), package="versions")]
    starts = measure_starts(engines, folder, SHORT)
    assert {name: len(seconds) for name, seconds in starts.items()} == {"plain": 10}


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


@pytest.mark.parametrize("lengths", [("steady",), ("1s", "steady")])
def test_a_failing_baseline_ends_the_program(folder: Path, lengths: tuple[str, ...]) -> None:
    """Nothing is compared with a program that does not run."""
    write_program(folder, "broken", "1 / 0")
    result = measure_program("broken", [PLAIN, Engine("other", (sys.executable,))], folder, Plan(lengths=lengths))
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
    monkeypatch.delenv("WHITEHOT_KEEP_UNITS")
    monkeypatch.delenv("WHITEHOT_PYTHON", raising=False)  # where Python is, for those who set this project up
    monkeypatch.setenv("WHITEHOT_OPT_LEVEL", "0")
    [engine] = [
        engine
        for engine in bench_engines.find_engines(sys.executable, bench_engines.DEFAULT_WORDS, False, Path()).engines
        if engine.name == "whitehot"
    ]
    assert engine.environment == {"WHITEHOT": "1", "WHITEHOT_OPT_LEVEL": "0"}


def test_the_tiers_can_be_measured_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tier alone is an engine of its own, whatever the caller's environment says of tiers."""
    monkeypatch.setenv("WHITEHOT_TIERS", "optimizing")
    lineup = bench_engines.find_engines(sys.executable, ["plain", "baseline", "optimizing"], False, Path())
    assert [(engine.name, engine.environment.get("WHITEHOT_TIERS")) for engine in lineup.engines] == [
        ("plain", None),
        ("whitehot baseline", "baseline"),
        ("whitehot optimizing", "optimizing"),
    ]


def test_engines_are_chosen_by_word() -> None:
    """Plain CPython is always there and first; nothing means the default ones; a word twice means once."""
    assert bench_engines.chosen_words([]) == ("plain", "jit", "whitehot", "first", "baseline")
    assert bench_engines.chosen_words(["baseline", "plain", "baseline"]) == ("plain", "baseline")
    with pytest.raises(ValueError, match="no engine 'pypy'; there are: plain, jit, whitehot"):
        bench_engines.chosen_words(["pypy"])


def test_a_build_without_the_jit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PYTHON_JIT=1` has no effect on such a build: the column is left out, with the reason."""
    monkeypatch.setattr(bench_engines, "succeeds", lambda _engine, _code: False)
    lineup = bench_engines.find_engines(sys.executable, bench_engines.DEFAULT_WORDS, False, Path())
    assert lineup.absent == (Absent("PYTHON_JIT=1", f"{sys.executable} was built without the JIT"),)
    assert [engine.name for engine in lineup.engines] == [
        "plain",
        "whitehot",
        "whitehot, first run",
        "whitehot baseline",
    ]
    assert "did not switch whitehot on" in lineup.engines[1].note


def test_peers_that_cannot_be_had_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing on the path and no installer: every peer is named with a reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def fail(package: str, environment: Path, python: str) -> None:
        raise PeerMissingError(f"no {package} in {environment.name} for {Path(python).name}")

    monkeypatch.setattr(bench_engines, "install", fail)
    lineup = bench_engines.find_engines(sys.executable, bench_engines.DEFAULT_WORDS, True, tmp_path / "peers")
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
    assert bench_programs.chosen_programs(["presented", "fib"], folder) == [
        "mandelbrot",
        "levenshtein",
        "dijkstra",
        "fib",
    ]
    assert bench_programs.chosen_programs([], folder) == ["mandelbrot", "levenshtein", "dijkstra"]
    assert bench_programs.chosen_programs(["all"], folder) == ["dijkstra", "fib", "levenshtein", "mandelbrot"]
    assert bench_programs.chosen_programs(["fib", "fib"], folder) == ["fib"]
    with pytest.raises(
        ValueError, match=r"no program 'fob' in .*; there are: dijkstra, fib, levenshtein, mandelbrot, presented"
    ):
        bench_programs.chosen_programs(["fob"], folder)
    with pytest.raises(ValueError, match="no benchmark programs"):
        bench_programs.chosen_programs([], folder / "nowhere")


@pytest.fixture
def two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain, and another one that can be told apart by its environment; no JIT is asked for."""
    lineup = Lineup(
        (PLAIN, Engine("other", (sys.executable,), {"ODD": "1"}, version="3.x")), (Absent("gone", "it left"),)
    )
    monkeypatch.setattr(bench, "find_engines", lambda _python, _words, _peers, _folder: lineup)


def options(folder: Path, output: Path) -> list[str]:
    lengths = ["--rounds", "1", "--repeat", "2", "--seconds", "0", "--lengths", "steady", "0.1s"]
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
    for part in (
        "steady state",
        "whole process, 0.1s",
        "peak memory",
        "start-up",
        "geometric mean",
        "gone: not measured: it left",
    ):
        assert part in printed
    written = json.loads(output.read_text())
    assert set(written["samples"]["tiny"]) == {"plain", "other"}
    [sample] = written["samples"]["tiny"]["plain"]["steady"]
    assert len(sample["seconds"]) == 2
    assert written["figures"]["tiny"]["plain"]["peak"] == sample["peak"]
    assert set(written["lengths"]["tiny"]["0.1s"]) == {"size", "repeat", "seconds"}
    assert len(written["starts"]["other"]) == 5
    assert written["engines"][1]["version"] == "3.x"
    assert written["machine"]["cores"] == os.cpu_count()


def test_a_busy_machine_is_said() -> None:
    """Figures of a machine with other things to do are not to be trusted, nor is silence about it."""
    quiet: dict[str, object] = {"cores": 2, "load_average": (0.4, 3.0, 3.0)}
    assert bench.disturbance(quiet) == ""
    assert bench.disturbance(quiet | {"load_average": (1.6, 0.1, 0.1)}).startswith("load average 1.6 on 2 cores")


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


@pytest.mark.parametrize("length", ["fast", "0s", "1", "-1s"])
def test_a_length_that_is_none_is_a_usage_error(folder: Path, length: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So is a length."""
    write_program(folder, "tiny", "size")
    with pytest.raises(SystemExit) as stopped:
        bench.main(["tiny", "--folder", str(folder), f"--lengths={length}"])
    assert stopped.value.code == 2
    assert f"no length '{length}'" in capsys.readouterr().err


@pytest.mark.usefixtures("two_engines")
def test_only_presented_programs_are_drawn(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The picture in `docs/` is drawn of all three or not at all; elsewhere, of what there is."""
    for name in ("dijkstra", "tiny"):
        write_program(folder, name, "sum(range(1000 * size)) * 0 + size")
    monkeypatch.chdir(tmp_path)
    asked = ["dijkstra", "tiny", *options(folder, tmp_path / "bench.json"), "--lengths", "warmup"]
    assert bench.main(asked) == 0
    assert "docs/warmup.svg is left as it is" in capsys.readouterr().out
    assert not (tmp_path / "docs").exists()
    assert bench.main([*asked, "--picture", "mine.svg"]) == 0
    assert "warm-up: mine.svg" in capsys.readouterr().out
    assert (tmp_path / "mine.svg").read_text().startswith("<?xml")
    written = json.loads((tmp_path / "bench.json").read_text())
    assert {name: list(lengths) for name, lengths in written["lengths"].items()} == {"dijkstra": ["warmup"], "tiny": []}


@pytest.mark.usefixtures("two_engines")
def test_a_missing_drawing_library_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The comparison is not lost for it."""
    write_program(folder, "dijkstra", "sum(range(1000 * size)) * 0 + size")

    def fail(path: Path, curves: object, caption: str) -> None:
        raise ImportError(f"nothing to draw {path.name} with")

    monkeypatch.setattr(bench, "draw", fail)
    asked = ["dijkstra", *options(folder, tmp_path / "bench.json"), "--lengths", "warmup", "--picture", "mine.svg"]
    assert bench.main(asked) == 0
    assert (
        "mine.svg is not drawn: nothing to draw mine.svg with (it comes with whitehot[bench])"
        in capsys.readouterr().out
    )
