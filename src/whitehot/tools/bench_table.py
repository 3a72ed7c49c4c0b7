"""From samples to the table: medians, ratios to plain CPython, geometric means.

    three rounds, steady runs of four repetitions each
    plain     [[.42 .40 .40 .41] [.41 .40 .39 .40] [.44 .41 .42 .42]]  ->  .405 .395 .42  ->  0.405 s
    whitehot  [[.30 .02 .02 .02] [.31 .02 .02 .02] [.30 .03 .02 .02]]  ->  .02  .02  .02  ->  20.2x

Speeds are ratios to the baseline, larger being faster; memory is what comes on top of the baseline's.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from whitehot.tools.bench_measure import ProgramResult, Samples

MEBIBYTE = 1 << 20
# Within this of 1 a ratio is printed without colour: it is noise as likely as not.
NOISE = 0.05


@dataclass(frozen=True)
class Figures:
    """One engine on one program: seconds a repetition once warm, seconds of a whole process, peak bytes."""

    steady: float
    whole: float
    peak: float


def settled(seconds: Sequence[float]) -> float:
    """The median of the later half of a steady run's repetitions; of the one repetition if there is one."""
    return statistics.median(seconds[len(seconds) // 2 :])


def figures(samples: Samples) -> Figures:
    """The medians over the rounds."""
    return Figures(
        steady=statistics.median(settled(run) for run in samples.steady),
        whole=statistics.median(samples.whole),
        peak=statistics.median(samples.peak),
    )


def speedup(baseline: float, other: float) -> float:
    """How many times faster `other` is, both in seconds."""
    return baseline / other


def geometric_mean(ratios: Iterable[float]) -> float:
    """The geometric mean of positive ratios; of none, NaN."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logarithms)) if logarithms else math.nan


def summarize(results: Sequence[ProgramResult]) -> dict[str, dict[str, Figures]]:
    """program -> engine -> figures."""
    return {
        result.program: {engine: figures(samples) for engine, samples in result.samples.items()} for result in results
    }


def format_seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.9995 else f"{seconds * 1000:.3g} ms"


def format_ratio(ratio: float) -> str:
    """Three digits or so: 0.97x, 12.3x, 105x; green when clearly faster, red when clearly slower (rich markup)."""
    digits = 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0
    text = f"{ratio:.{digits}f}x"
    if ratio < 1 - NOISE:
        return f"[red]{text}[/red]"
    return f"[green]{text}[/green]" if ratio > 1 + NOISE else text


def format_extra_memory(extra_bytes: float) -> str:
    """Bytes on top of the baseline's: +12 MiB."""
    return f"{extra_bytes / MEBIBYTE:+.0f} MiB"


def _speed_table(
    title: str, times: Mapping[str, Mapping[str, float]], engines: Sequence[str], failed: set[tuple[str, str]]
) -> Table:
    """A row for each program, seconds for the baseline and ratios for the others, geometric means at the end."""
    baseline, *others = engines
    table = _empty_table(title, engines)
    ratios: dict[str, list[float]] = {engine: [] for engine in others}
    for program, row in times.items():
        cells = [format_seconds(row[baseline]) if baseline in row else _blank(program, baseline, failed)]
        for engine in others:
            if engine in row and baseline in row:
                ratios[engine].append(speedup(row[baseline], row[engine]))
                cells.append(format_ratio(ratios[engine][-1]))
            else:
                cells.append(_blank(program, engine, failed))
        table.add_row(program, *cells)
    table.add_section()
    means = []
    for engine in others:
        count = len(ratios[engine])
        partly = "" if count == len(times) else f" ({count} of {len(times)})"
        means.append(f"{format_ratio(geometric_mean(ratios[engine]))}{partly}" if count else "-")
    table.add_row("geometric mean", "", *means)
    return table


def _memory_table(
    memory: Mapping[str, Mapping[str, float]], engines: Sequence[str], failed: set[tuple[str, str]]
) -> Table:
    baseline, *others = engines
    table = _empty_table("peak memory of the warm process", engines)
    for program, row in memory.items():
        cells = [f"{row[baseline] / MEBIBYTE:.0f} MiB" if baseline in row else _blank(program, baseline, failed)]
        for engine in others:
            known = engine in row and baseline in row
            cells.append(format_extra_memory(row[engine] - row[baseline]) if known else _blank(program, engine, failed))
        table.add_row(program, *cells)
    return table


def _empty_table(title: str, engines: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("program", no_wrap=True)
    for engine in engines:
        table.add_column(engine, justify="right")
    return table


def _blank(program: str, engine: str, failed: set[tuple[str, str]]) -> str:
    return "[bold red]FAILED[/bold red]" if (program, engine) in failed else "-"


def tables(results: Sequence[ProgramResult], engines: Sequence[str]) -> list[Table]:
    """The three tables: steady state, whole process, peak memory. `engines` are names, the baseline first."""
    rows = summarize(results)
    failed = {(failure.program, failure.engine) for result in results for failure in result.failures}
    steady = {program: {engine: cell.steady for engine, cell in row.items()} for program, row in rows.items()}
    whole = {program: {engine: cell.whole for engine, cell in row.items()} for program, row in rows.items()}
    memory = {program: {engine: cell.peak for engine, cell in row.items()} for program, row in rows.items()}
    return [
        _speed_table("steady state: the work, once warm", steady, engines, failed),
        _speed_table("whole process: start-up and warm-up included", whole, engines, failed),
        _memory_table(memory, engines, failed),
    ]
