"""The benchmark runner's arithmetic, its tables, and the picture it draws."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from whitehot.tools.bench_measure import Failure, ProgramResult, Sample, Samples
from whitehot.tools.bench_picture import POINTS, curve, draw
from whitehot.tools.bench_table import (
    MEBIBYTE,
    Ratio,
    format_extra_memory,
    format_extra_time,
    format_ratio,
    format_seconds,
    geometric_mean,
    mean_groups,
    settled,
    speedup,
    summarize,
    tables,
)


def rendered(
    results: Sequence[ProgramResult],
    engines: Sequence[str],
    lengths: Sequence[str] = ("steady", "1s"),
    starts: Mapping[str, Sequence[float]] | None = None,
) -> str:
    """The tables as plain text."""
    console = Console(file=io.StringIO(), width=150)
    for table in tables(results, engines, lengths, starts or {}):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(text: str, name: str) -> list[str]:
    """The cells right of the one in which a row's name stands."""
    [line] = [line for line in text.splitlines() if line.startswith(f"│ {name} ")]
    return [cell.strip() for cell in line.strip("│").split("│")][1:]


# The arithmetic


def test_the_warm_up_half_is_left_out() -> None:
    """A steady run's figure is the median of its later repetitions."""
    assert settled([9.0, 8.0, 1.0, 2.0]) == 1.5
    assert settled([9.0, 3.0, 1.0, 2.0, 8.0]) == 2.0
    assert settled([7.0]) == 7.0


def test_figures_are_medians_over_the_rounds() -> None:
    """One bad round does not change the figures; memory is that of the steady runs."""
    samples: Samples = {
        "steady": [
            Sample(9.0, 9.0, 10, (4.0, 2.0)),
            Sample(9.0, 9.0, 11, (4.0, 3.0)),
            Sample(9.0, 9.0, 99, (4.0, 90.0)),
        ],
        "1s": [Sample(wall, 1.0, 5, (wall / 2,)) for wall in (1.0, 50.0, 1.2)],
        "warmup": [Sample(3.0, 3.0, 5, (1.0, 1.0))],
    }
    figures = summarize([ProgramResult("some", {"plain": samples})], ("steady", "1s", "warmup"))
    assert figures == {"some": {"plain": {"steady": 3.0, "1s": 1.2, "peak": 11}}}


def test_speedups_are_larger_for_the_faster_one() -> None:
    """Half the time is twice the speed; the spread is that of rounds compared with each other."""
    assert speedup(baseline=[2.0], other=[1.0]) == Ratio(2.0, None)
    assert speedup(baseline=[2.0, 3.0, 4.0], other=[1.0, 1.5, 2.0]) == Ratio(2.0, 0.0)
    assert speedup(baseline=[2.0, 2.0, 2.0], other=[0.5, 1.0, 2.0]) == Ratio(2.0, 0.75)


def test_geometric_mean() -> None:
    """Twice as fast here and half as fast there is no gain."""
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)
    assert geometric_mean([1.0, 10.0, 100.0]) == pytest.approx(10.0)


def test_means_are_over_the_classics() -> None:
    """And over all, where there are others too."""
    assert mean_groups(["fib", "sieve"]) == [("geometric mean", ["fib", "sieve"])]
    assert mean_groups(["bank"]) == [("geometric mean", ["bank"])]
    assert mean_groups(["bank", "fib"]) == [
        ("geometric mean, classics", ["fib"]),
        ("geometric mean, all", ["bank", "fib"]),
    ]


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
    assert format_extra_time(0.00712) == "+7.1 ms"


# The tables


def one_run(seconds: float, peak: int) -> Samples:
    """One round: a steady run and a whole process that takes twice as long as a repetition."""
    return {
        "steady": [Sample(9.0, 9.0, peak * MEBIBYTE, (seconds,))],
        "1s": [Sample(seconds * 2, seconds * 2, 1, (seconds,))],
    }


def test_tables_show_ratios_gaps_and_failures() -> None:
    """Absolute for the baseline, ratios for the rest; what was not measured, and what failed, is told apart."""
    results = [
        ProgramResult("first", {"plain": one_run(0.4, 10), "fast": one_run(0.02, 30), "some": one_run(0.2, 11)}),
        ProgramResult(
            "second", {"plain": one_run(0.3, 10), "some": one_run(0.1, 10)}, [Failure("second", "fast", "!")]
        ),
        ProgramResult("third", {"plain": one_run(0.3, 10), "fast": one_run(0.06, 30)}),
    ]
    starts = {"plain": [0.02, 0.01, 0.03], "fast": [0.04, 0.045, 0.05]}
    text = rendered(results, ["plain", "fast", "some"], starts=starts)
    steady, whole, memory, start = re.split(r"(?=┏)", text)[1:]
    assert row(steady, "first") == ["400 ms", "20.0x", "2.00x"]
    assert row(steady, "second") == ["300 ms", "FAILED", "3.00x"]
    assert row(steady, "third") == ["300 ms", "5.00x", "-"]
    assert row(steady, "geometric mean") == ["", "10.0x (2 of 3)", "2.45x (2 of 3)"]
    assert row(steady, "lowest") == ["", "5.00x third", "2.00x first"]
    assert row(whole, "first") == ["800 ms", "20.0x", "2.00x"]
    assert row(memory, "first") == ["10 MiB", "+20 MiB", "+1 MiB"]
    assert row(start, "python -c pass") == ["20 ms", "+25.0 ms", "-"]


def test_the_spread_stands_beside_the_ratio() -> None:
    """Only where there is more than one round."""
    samples = {
        "plain": {"1s": [Sample(1.0, 1.0, 1, (1.0,)) for _ in range(2)]},
        "fast": {"1s": [Sample(seconds, 1.0, 1, (1.0,)) for seconds in (0.4, 0.6)]},
    }
    text = rendered([ProgramResult("fib", samples)], ["plain", "fast"], ["1s"])
    assert row(text, "fib") == ["1.00 s", "2.00x ±21%"]


def test_a_failed_baseline_leaves_an_empty_row() -> None:
    """Without a baseline there are no ratios, and no mean."""
    text = rendered([ProgramResult("only", {}, [Failure("only", "plain", "!")])], ["plain", "fast"])
    assert row(text.split("peak")[0].split("whole")[0], "only") == ["FAILED", "-"]
    assert "x" not in text.replace("geometric", "")


# The picture


def test_a_curve_is_the_median_over_the_rounds() -> None:
    """Iteration by iteration, as far as every round came; the quartiles beside it."""
    rounds = [(5.0, 2.0), (7.0, 3.0, 9.0), (6.0, 90.0), (1.0, 1.0), (70.0, 4.0)]
    assert curve(rounds) == [(1, 6.0, 5.0, 7.0), (2, 3.0, 2.0, 4.0)]
    assert curve([(5.0, 2.0)]) == [(1, 5.0, 5.0, 5.0), (2, 2.0, 2.0, 2.0)]


def test_a_long_curve_has_few_points() -> None:
    """Early iterations each have a point of their own; late ones share one, in order."""
    points = curve([[1.0] * 20_000])
    numbers = [number for number, *_ in points]
    assert numbers[:10] == list(range(1, 11))
    assert numbers == sorted(set(numbers))
    assert len(points) <= POINTS
    assert numbers[-1] > 18_000


def test_the_picture_is_drawn_alike_twice(tmp_path: Path) -> None:
    """The same samples give the same file: no times and no random names in it."""
    engines: dict[str, list[tuple[float, ...]]] = {
        "plain": [(0.02,) * 30] * 2,
        "PYTHON_JIT=1": [(0.019,) * 31],
        "whitehot": [(0.02, 0.003) * 40],
    }
    curves = {"first": engines, "second": engines}
    files = [tmp_path / "one.svg", tmp_path / "folder" / "two.svg"]
    for file in files:
        draw(file, curves, "where and when")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert ET.parse(files[0]).getroot().tag.endswith("svg")
    assert b"<dc:date>" not in files[0].read_bytes()
