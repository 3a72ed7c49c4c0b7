"""`python -m whitehot.tools.bench`: the programs of `benchmarks/` under plain CPython and its rivals, in one run.

    make bench                                # mandelbrot, levenshtein, dijkstra
    make bench PROGRAMS="fib nbody"           # these; also by group: classics, ordinary, short, all
    make bench ENGINES="whitehot baseline"    # these beside plain CPython: jit, whitehot, first, baseline, optimizing
    make bench LENGTHS="steady 0.2s"          # these measurements: steady, warmup, and whole processes by their time
    make bench PROGRAMS=all PEERS=1 ROUNDS=7  # all programs; also cinderx, Numba, pypy3 and python3.15

Prints a table for each measurement (see `bench_table`), writes every raw sample to `bench.json`, and draws how the
presented programs warm up (see `bench_picture`). The exit status is 1 when an engine printed something else than
plain CPython did or failed (a peer may crash), and 2 when the command line makes no sense.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from whitehot.tools.bench_engines import Lineup, PeerMissingError, chosen_words, find_engines
from whitehot.tools.bench_measure import (
    WARMUP,
    Plan,
    ProgramResult,
    measure_program,
    measure_starts,
    whole_seconds,
)
from whitehot.tools.bench_picture import draw
from whitehot.tools.bench_programs import PRESENTED, chosen_programs
from whitehot.tools.bench_table import summarize, tables
from whitehot.tools.prepare import prepare

# Columns when the output is not a terminal: room for every engine.
WIDTH = 150
PICTURE = Path("docs/warmup.svg")


@dataclass
class Comparison:
    """A comparison as far as it has come. `starts` are the seconds of processes that do nothing, by engine."""

    begun: str
    machine: Mapping[str, object]
    plan: Plan
    lineup: Lineup
    starts: Mapping[str, Sequence[float]]
    results: list[ProgramResult]

    @property
    def names(self) -> list[str]:
        return [engine.name for engine in self.lineup.engines]


def describe_machine() -> dict[str, object]:
    """What a reader of the figures needs to know of the machine, and how busy it is now."""
    processor = platform.processor() or platform.machine()
    description = Path("/proc/cpuinfo")
    if description.exists():
        models = [
            line.partition(":")[2].strip() for line in description.read_text().splitlines() if "model name" in line
        ]
        processor = models[0] if models else processor
    return {
        "platform": platform.platform(),
        "processor": processor,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
    }


def disturbance(machine: Mapping[str, object]) -> str:
    """A line for people when the machine had other things to do at the beginning, else ""."""
    loads, cores = machine["load_average"], machine["cores"]
    if not isinstance(loads, tuple) or not isinstance(cores, int) or loads[0] < 0.5 * cores:
        return ""
    return f"load average {loads[0]:.1f} on {cores} cores when this began: other programs disturb these figures"


def write_json(path: Path, comparison: Comparison) -> None:
    """Write raw samples, figures, lengths, engines and machine to `path`; `docs/measuring.md` says how to read it."""
    results = comparison.results
    document = {
        "begun": comparison.begun,
        "machine": comparison.machine,
        "plan": asdict(comparison.plan),
        "engines": [asdict(engine) for engine in comparison.lineup.engines],
        "absent": [asdict(absent) for absent in comparison.lineup.absent],
        "failures": [asdict(failure) for result in results for failure in result.failures],
        "lengths": {
            result.program: {name: asdict(length) for name, length in result.lengths.items()} for result in results
        },
        "figures": summarize(results, comparison.plan.lengths),
        "starts": comparison.starts,
        "samples": {
            result.program: {
                engine: {name: [asdict(sample) for sample in taken] for name, taken in samples.items()}
                for engine, samples in result.samples.items()
            }
            for result in results
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def show(console: Console, comparison: Comparison) -> None:
    """Print the tables, the notes on the engines and, last and loud, what failed."""
    for table in tables(comparison.results, comparison.names, comparison.plan.lengths, comparison.starts):
        console.print(table)
    for engine in comparison.lineup.engines:
        note = f" ({engine.note})" if engine.note else ""
        console.print(f"{engine.name}: {escape(engine.version)}{escape(note)}", highlight=False)
    for absent in comparison.lineup.absent:
        console.print(f"[yellow]{absent.name}: not measured: {escape(absent.why)}[/yellow]", highlight=False)
    if disturbed := disturbance(comparison.machine):
        console.print(f"[yellow]{disturbed}[/yellow]", highlight=False)
    for result in comparison.results:
        for failure in result.failures:
            what = f"FAILED: {failure.program} under {failure.engine} {failure.what}"
            console.print(f"[bold red]{escape(what)}[/bold red]", highlight=False, soft_wrap=True)


def picture(path: Path | None, comparison: Comparison) -> str:
    """Draw the warm-up curves; what became of it, in a line for people, or "" when none were measured.

    The picture in `docs/` shows all the presented programs or is left as it is; any other file gets what there is.
    """
    curves = {
        result.program: {
            engine: [sample.seconds for sample in samples[WARMUP]]
            for engine, samples in result.samples.items()
            if WARMUP in samples
        }
        for result in comparison.results
        if WARMUP in result.lengths
    }
    curves = {program: rows for program, rows in curves.items() if rows}
    if not curves:
        return ""
    if path is None and set(curves) != set(PRESENTED):
        return f"{PICTURE} is left as it is: it shows {', '.join(PRESENTED)}; use --picture for another file"
    path = path or PICTURE
    caption = (
        f"{comparison.machine['processor']}, {comparison.machine['cores']} cores, {comparison.begun[:10]}. Processes of "
        f"{comparison.plan.seconds:g} s, rounds: {comparison.plan.rounds}. Line: median; band: middle half."
    )
    try:
        draw(path, curves, caption)
    except ImportError as error:
        return f"{path} is not drawn: {error} (it comes with whitehot[bench])"
    return f"warm-up: {path}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="whitehot bench", description="Compare whitehot with plain CPython and others."
    )
    plan = Plan()

    def words(variable: str) -> list[str]:
        return os.environ.get(variable, "").split()

    peers = os.environ.get("PEERS", "") not in ("", "0")
    rounds = os.environ.get("ROUNDS") or plan.rounds
    lengths = " ".join(plan.lengths)
    say = parser.add_argument
    say(
        "programs",
        nargs="*",
        default=words("PROGRAMS"),
        help="names of programs or groups, or 'all' (default $PROGRAMS, else three)",
    )
    say(
        "--engines",
        nargs="+",
        default=words("ENGINES"),
        help="plain, jit, whitehot, first, baseline, optimizing ($ENGINES)",
    )
    say("--lengths", nargs="+", default=words("LENGTHS"), help=f"what is measured (default $LENGTHS, else {lengths})")
    say("--peers", action="store_true", default=peers, help="add cinderx, Numba, pypy3, python3.15 (default $PEERS)")
    say("--rounds", type=int, default=rounds, help="rounds over the engines (default $ROUNDS, else %(default)s)")
    say("--repeat", type=int, default=plan.repeat, help="repetitions in a steady run, at least (default %(default)s)")
    say("--seconds", type=float, default=plan.seconds, help="seconds of a steady run, at least (default %(default)s)")
    say("--limit", type=float, default=plan.limit, help="seconds after which a process is ended (default %(default)s)")
    say("--folder", type=Path, default=Path("benchmarks"), help="where the programs are (default %(default)s)")
    say("--output", type=Path, default=Path("bench.json"), help="where the samples go (default %(default)s)")
    say("--picture", type=Path, help=f"where the warm-up curves are drawn (default {PICTURE}, if it would be complete)")
    say(
        "--peers-folder",
        type=Path,
        default=Path(".python/peers"),
        help="where peers are installed (default %(default)s)",
    )
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    """What the command line asks for. Raises ValueError, with a sentence for people."""
    if options.rounds < 1 or options.repeat < 1:
        raise ValueError("--rounds and --repeat must be at least 1")
    lengths = tuple(dict.fromkeys(options.lengths)) or Plan().lengths
    for length in lengths:
        whole_seconds(length)
    return Plan(options.rounds, options.repeat, options.seconds, options.limit, lengths)


def _plan_for(program: str, plan: Plan) -> Plan:
    """The plan without warm-up curves where none is presented."""
    if program in PRESENTED:
        return plan
    return replace(plan, lengths=tuple(length for length in plan.lengths if length != WARMUP))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison that the command line (default: this process's) asks for; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        plan = _plan(options)
        programs = chosen_programs(options.programs, folder)
        lineup = find_engines(
            sys.executable, chosen_words(options.engines), options.peers, options.peers_folder.resolve()
        )
    except (ValueError, PeerMissingError) as error:
        parser.error(str(error))
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    machine = describe_machine()
    with console.status("making what is made once on a machine"):
        prepare()
    with console.status("starting") as status:
        comparison = Comparison(
            begun, machine, plan, lineup, measure_starts(lineup.engines, folder, plan, status.update), results=[]
        )
        for program in programs:
            planned = _plan_for(program, plan)
            comparison.results.append(measure_program(program, lineup.engines, folder, planned, status.update))
            # After each program: an interrupted run keeps what it has.
            write_json(options.output, comparison)
    show(console, comparison)
    drawn = picture(options.picture, comparison)
    for line in (f"samples: {options.output}", drawn):
        console.print(line, markup=False, highlight=False, soft_wrap=True, end="\n" if line else "")
    return 1 if any(not failure.pardoned for result in comparison.results for failure in result.failures) else 0


if __name__ == "__main__":
    sys.exit(main())
