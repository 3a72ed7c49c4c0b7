"""`python -m whitehot.tools.bench`: the programs of `benchmarks/` under plain CPython and its rivals, in one run.

    make bench                          # mandelbrot, levenshtein, dijkstra
    make bench PROGRAMS="fib nbody"     # these
    make bench PROGRAMS=all PEERS=1     # all of them; also cinderx, Numba, pypy3 and python3.15

Prints three tables (see `bench_table`) and writes every raw sample to `bench.json`. The exit status is 1 when an
engine printed something else than plain CPython did or failed (a peer may crash), and 2 when the command line makes no sense.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from whitehot.tools.bench_engines import Lineup, PeerMissingError, find_engines
from whitehot.tools.bench_measure import Plan, ProgramResult, measure_program
from whitehot.tools.bench_table import summarize, tables

# Columns when the output is not a terminal: room for every engine.
WIDTH = 150
DEFAULT_PROGRAMS = ("mandelbrot", "levenshtein", "dijkstra")


def programs_in(folder: Path) -> list[str]:
    """The names of the benchmark programs in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def chosen_programs(wanted: Sequence[str], folder: Path) -> list[str]:
    """The programs to run: those named, all of them for `all`, the default ones for nothing.

    Raises ValueError, with a sentence for people, for a name or a folder that holds no program.
    """
    available = programs_in(folder)
    if not available:
        raise ValueError(f"no benchmark programs in {folder}: run this in a checkout of whitehot, or use --folder")
    if list(wanted) == ["all"]:
        return available
    names = list(dict.fromkeys(wanted or DEFAULT_PROGRAMS))
    for name in names:
        if name not in available:
            raise ValueError(f"no program {name!r} in {folder}; there are: {', '.join(available)}")
    return names


def machine() -> dict[str, object]:
    """What a reader of the figures needs to know of the machine."""
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


def write_json(path: Path, results: Sequence[ProgramResult], lineup: Lineup, plan: Plan, begun: str) -> None:
    """Write raw samples, figures, engines and machine to `path`."""
    document = {
        "begun": begun,
        "machine": machine(),
        "plan": asdict(plan),
        "engines": [asdict(engine) for engine in lineup.engines],
        "absent": [asdict(absent) for absent in lineup.absent],
        "failures": [asdict(failure) for result in results for failure in result.failures],
        "figures": {
            program: {engine: asdict(figures) for engine, figures in row.items()}
            for program, row in summarize(results).items()
        },
        "samples": {
            result.program: {engine: asdict(samples) for engine, samples in result.samples.items()}
            for result in results
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def show(console: Console, results: Sequence[ProgramResult], lineup: Lineup) -> None:
    """Print the tables, the notes on the engines and, last and loud, what failed."""
    for table in tables(results, [engine.name for engine in lineup.engines]):
        console.print(table)
    for engine in lineup.engines:
        note = f" ({engine.note})" if engine.note else ""
        console.print(f"{engine.name}: {escape(engine.version)}{escape(note)}", highlight=False)
    for absent in lineup.absent:
        console.print(f"[yellow]{absent.name}: not measured: {escape(absent.why)}[/yellow]", highlight=False)
    for result in results:
        for failure in result.failures:
            what = f"FAILED: {failure.program} under {failure.engine} {failure.what}"
            console.print(f"[bold red]{escape(what)}[/bold red]", highlight=False, soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="whitehot bench", description="Compare whitehot with plain CPython and others."
    )
    plan = Plan()
    wanted = os.environ.get("PROGRAMS", "").split()
    peers = os.environ.get("PEERS", "") not in ("", "0")
    say = parser.add_argument
    say("programs", nargs="*", default=wanted, help="names of programs, or 'all' (default $PROGRAMS, else three)")
    say("--peers", action="store_true", default=peers, help="add cinderx, Numba, pypy3, python3.15 (default $PEERS)")
    say("--rounds", type=int, default=plan.rounds, help="rounds over the engines (default %(default)s)")
    say("--repeat", type=int, default=plan.repeat, help="repetitions in a steady run, at least (default %(default)s)")
    say("--seconds", type=float, default=plan.seconds, help="seconds of a steady run, at least (default %(default)s)")
    say("--limit", type=float, default=plan.limit, help="seconds after which a process is ended (default %(default)s)")
    say("--folder", type=Path, default=Path("benchmarks"), help="where the programs are (default %(default)s)")
    say("--output", type=Path, default=Path("bench.json"), help="where the samples go (default %(default)s)")
    say(
        "--peers-folder",
        type=Path,
        default=Path(".python/peers"),
        help="where peers are installed (default %(default)s)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison that the command line (default: this process's) asks for; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.repeat < 1:
        parser.error("--rounds and --repeat must be at least 1")
    folder = options.folder.resolve()
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    plan = Plan(options.rounds, options.repeat, options.seconds, options.limit)
    try:
        programs = chosen_programs(options.programs, folder)
        lineup = find_engines(sys.executable, options.peers, options.peers_folder.resolve())
    except (ValueError, PeerMissingError) as error:
        parser.error(str(error))
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    results: list[ProgramResult] = []
    with console.status("starting") as status:
        for program in programs:
            results.append(measure_program(program, lineup.engines, folder, plan, status.update))
            # After each program: an interrupted run keeps what it has.
            write_json(options.output, results, lineup, plan, begun)
    show(console, results, lineup)
    console.print(f"samples: {options.output}", highlight=False)
    return 1 if any(not failure.pardoned for result in results for failure in result.failures) else 0


if __name__ == "__main__":
    sys.exit(main())
