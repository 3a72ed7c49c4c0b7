"""Which programs there are, in which groups, and which of them a command line asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# The three that are presented: numbers, strings, and a program that lives in C code.
PRESENTED = ("mandelbrot", "levenshtein", "dijkstra")
# What compilers are usually compared on. Geometric means are over these.
CLASSICS = (*PRESENTED, "fannkuch", "fib", "matmul", "nbody", "sieve", "spectral_norm")
# Classes, generators, asyncio, exceptions, string work, dicts.
ORDINARY = ("asyncio_tasks", "bank", "exceptions", "log_pipeline", "text_report", "word_count")
# What is written in an afternoon and runs for a moment; nothing in whitehot was made with these in view.
SHORT = ("checkout", "game_of_life", "queens", "sales", "tokens")
GROUPS = {"presented": PRESENTED, "classics": CLASSICS, "ordinary": ORDINARY, "short": SHORT}


def programs_in(folder: Path) -> list[str]:
    """The names of the benchmark programs in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def chosen_programs(wanted: Sequence[str], folder: Path) -> list[str]:
    """The programs to run: those named, also by group, each once; `all` of them; the presented ones for nothing.

    Raises ValueError, with a sentence for people, for a name or a folder that holds no program.
    """
    available = programs_in(folder)
    if not available:
        raise ValueError(f"no benchmark programs in {folder}: run this in a checkout of whitehot, or use --folder")
    groups = {**GROUPS, "all": tuple(available)}
    names = list(dict.fromkeys(name for word in wanted or ["presented"] for name in groups.get(word, (word,))))
    for name in names:
        if name not in available:
            there = ", ".join([*available, *groups])
            raise ValueError(f"no program {name!r} in {folder}; there are: {there}")
    return names
