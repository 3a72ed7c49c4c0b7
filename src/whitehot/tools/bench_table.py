"""From samples to the tables: medians, ratios to plain CPython, spreads, geometric means.

    three rounds, steady runs of four repetitions each
    plain     [[.42 .40 .40 .41] [.41 .40 .39 .40] [.44 .41 .42 .42]]  ->  .405 .395 .42  ->  405 ms
    whitehot  [[.30 .02 .02 .02] [.31 .02 .02 .02] [.30 .03 .02 .02]]  ->  .02  .02  .02  ->  20.2x ±3%

Speeds are ratios to the baseline, larger being faster; memory and start-up are what comes on top of the baseline's.
The spread is half the distance between the best and the worst round, each round compared with the baseline's same round.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from whitehot.tools.bench_measure import STEADY, WARMUP, ProgramResult, Samples
from whitehot.tools.bench_programs import CLASSICS

MEBIBYTE = 1 << 20
# Within this of 1 a ratio is printed without colour: it is noise as likely as not.
NOISE = 0.05
PEAK = "peak"


@dataclass(frozen=True)
class Ratio:
    """How many times faster than the baseline; `spread` is a share of that (0.03 is 3%), None for a single round."""

    median: float
    spread: float | None


# program -> engine -> a value of each round
type Rounds = Mapping[str, Mapping[str, Sequence[float]]]


def settled(seconds: Sequence[float]) -> float:
    """The median of the later half of a steady run's repetitions; of the one repetition if there is one."""
    return statistics.median(seconds[len(seconds) // 2 :])


def measured(samples: Samples, what: str) -> list[float]:
    """A value of each round for a length, or for "peak" the bytes of the process in which all has been compiled."""
    taken = samples.get(STEADY if what == PEAK else what, [])
    if what == PEAK:
        return [float(sample.peak) for sample in taken]
    return [settled(sample.seconds) if what == STEADY else sample.wall for sample in taken]


def rounds_of(results: Sequence[ProgramResult], what: str) -> Rounds:
    """What was measured in each round, of every engine that has any."""
    return {
        result.program: {
            engine: values for engine, samples in result.samples.items() if (values := measured(samples, what))
        }
        for result in results
    }


def measures(lengths: Sequence[str]) -> list[str]:
    """What the tables and the figures are of, given the lengths that are measured: a length's name, or "peak"."""
    names = [name for name in lengths if name != WARMUP]
    return [*names, PEAK] if STEADY in names else names


def summarize(results: Sequence[ProgramResult], lengths: Sequence[str]) -> dict[str, dict[str, dict[str, float]]]:
    """program -> engine -> length (or "peak") -> median over the rounds, in seconds or bytes."""
    return {
        result.program: {
            engine: {
                what: statistics.median(values) for what in measures(lengths) if (values := measured(samples, what))
            }
            for engine, samples in result.samples.items()
        }
        for result in results
    }


def speedup(baseline: Sequence[float], other: Sequence[float]) -> Ratio:
    """How many times faster `other` is than the baseline, both in seconds by round."""
    ratio = statistics.median(baseline) / statistics.median(other)
    rounds = [first / second for first, second in zip(baseline, other, strict=False)]
    return Ratio(ratio, (max(rounds) - min(rounds)) / 2 / ratio if len(rounds) > 1 else None)


def geometric_mean(ratios: Iterable[float]) -> float:
    """The geometric mean of positive ratios; of none, NaN."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logarithms)) if logarithms else math.nan


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


def format_extra_time(extra_seconds: float) -> str:
    """Seconds on top of the baseline's: +7.3 ms."""
    return f"{extra_seconds * 1000:+.1f} ms"


def speed_ratios(rounds: Rounds, baseline: str, engine: str) -> dict[str, Ratio]:
    """program -> ratio, of the programs on which both the engine and the baseline have samples."""
    return {
        program: speedup(row[baseline], row[engine])
        for program, row in rounds.items()
        if baseline in row and engine in row
    }


def _speed_table(title: str, rounds: Rounds, engines: Sequence[str], failed: set[tuple[str, str]]) -> Table:
    """A row for each program, seconds for the baseline and ratios for the others; means and the lowest at the end."""
    baseline, *others = engines
    table = _empty_table(title, engines)
    ratios = {engine: speed_ratios(rounds, baseline, engine) for engine in others}
    for program, row in rounds.items():
        first = format_seconds(statistics.median(row[baseline])) if baseline in row else None
        cells = [first or _blank(program, baseline, failed)]
        for engine in others:
            ratio = ratios[engine].get(program)
            cells.append(_ratio_cell(ratio) if ratio else _blank(program, engine, failed))
        table.add_row(program, *cells)
    table.add_section()
    for label, programs in mean_groups(list(rounds)):
        table.add_row(label, "", *(_mean_cell(ratios[engine], programs) for engine in others))
    table.add_row("lowest", "", *(_lowest_cell(ratios[engine]) for engine in others))
    return table


def mean_groups(programs: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Over which programs geometric means are taken, with a label: the classics, and all if there are others."""
    classics = [program for program in programs if program in CLASSICS]
    if classics and len(classics) < len(programs):
        return [("geometric mean, classics", classics), ("geometric mean, all", list(programs))]
    return [("geometric mean", list(programs))]


def _ratio_cell(ratio: Ratio) -> str:
    if ratio.spread is None:
        return format_ratio(ratio.median)
    return f"{format_ratio(ratio.median)} [dim]{f'±{ratio.spread:.0%}':>4}[/dim]"


def _mean_cell(ratios: Mapping[str, Ratio], programs: Sequence[str]) -> str:
    known = [ratios[program].median for program in programs if program in ratios]
    partly = "" if len(known) == len(programs) else f" ({len(known)} of {len(programs)})"
    return f"{format_ratio(geometric_mean(known))}{partly}" if known else "-"


def _lowest_cell(ratios: Mapping[str, Ratio]) -> str:
    if not ratios:
        return "-"
    program = min(ratios, key=lambda name: ratios[name].median)
    return f"{format_ratio(ratios[program].median)} {program}"


def _extra_table(
    title: str, rounds: Rounds, engines: Sequence[str], failed: set[tuple[str, str]], *, memory: bool
) -> Table:
    """A row for each program (or other subject), the baseline's own value and what the others take on top of it."""
    baseline, *others = engines
    table = _empty_table(title, engines)
    for program, row in rounds.items():
        base = statistics.median(row[baseline]) if baseline in row else math.nan
        own = f"{base / MEBIBYTE:.0f} MiB" if memory else format_seconds(base)
        cells = [own if baseline in row else _blank(program, baseline, failed)]
        for engine in others:
            if engine not in row or baseline not in row:
                cells.append(_blank(program, engine, failed))
                continue
            extra = statistics.median(row[engine]) - base
            cells.append(format_extra_memory(extra) if memory else format_extra_time(extra))
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


def tables(
    results: Sequence[ProgramResult],
    engines: Sequence[str],
    lengths: Sequence[str],
    starts: Mapping[str, Sequence[float]],
) -> list[Table]:
    """A table for each length, for start-up and for memory. `engines` are names, the baseline first."""
    failed = {(failure.program, failure.engine) for result in results for failure in result.failures}
    made: list[Table] = []
    for what in measures(lengths):
        rounds = rounds_of(results, what)
        if what == STEADY:
            made.append(_speed_table("steady state: the work, once warm", rounds, engines, failed))
        elif what == PEAK:
            title = "peak memory of the warm process"
            made.append(_extra_table(title, rounds, engines, failed, memory=True))
        else:
            title = f"whole process, {what} of plain CPython: start-up and warm-up included"
            made.append(_speed_table(title, rounds, engines, failed))
    if starts:
        rows = {"python -c pass": {engine: values for engine, values in starts.items() if values}}
        made.append(_extra_table("start-up: a process that does nothing", rows, engines, set(), memory=False))
    return made
