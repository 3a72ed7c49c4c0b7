"""Look for programs that whitehot runs differently, for as long as you like:

    python -m tests.differential.fuzz --seconds 600 --mode deopt --seed 7 --folder failures

Each difference is narrowed down to one program, made smaller, and stored as a script beside the text of the
difference. The exit status is 1 when anything was found.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.differential.generate import batch, program
from tests.differential.harness import MODES, difference, run_program
from tests.differential.reduce import reduced

TIME_LIMIT = 60.0
"""Seconds for one batch in one mode."""

REDUCED_TIME_LIMIT = 10.0
"""Seconds for one attempt at a smaller program, which may have lost what ends its loops."""

PLAIN_IS_FASTER = 10
"""How many times less time plain CPython gets: it compiles nothing, and an endless loop is seen sooner."""


@dataclass(frozen=True)
class Checker:
    """Runs texts as programs in a folder of its own and compares a mode with plain CPython."""

    folder: Path
    mode: str

    def differs(self, text: str, time_limit: float = TIME_LIMIT) -> str:
        """How the text's two runs differ; empty when they do not, or when it is no fair test.

        A program that fails, runs out of time or prints addresses under plain CPython is no fair test.
        """
        path = self.folder / "generated.py"
        path.write_text(text, encoding="utf-8")
        expected = run_program(path, "plain", time_limit / PLAIN_IS_FASTER)
        if expected.status != 0 or expected.stderr or " at 0x" in expected.stdout:
            return ""
        return difference(expected, run_program(path, self.mode, time_limit))

    def still_fails(self, text: str) -> bool:
        return bool(self.differs(text, REDUCED_TIME_LIMIT))


def programs_of(seed: int, number: int, count: int) -> list[str]:
    """The programs of one batch; the same for the same numbers."""
    return [program(random.Random(f"{seed}/{number}/{place}"), str(place)) for place in range(count)]


def culprits(checker: Checker, texts: list[str]) -> list[str]:
    """The programs of a failing batch that fail alone; the whole batch when none does."""
    alone = [single for text in texts if checker.differs(single := batch([text]))]
    return alone or [batch(texts)]


def store(checker: Checker, text: str, path: Path, seconds: float) -> None:
    """Write a failing program, made smaller, and how it differs."""
    smaller = reduced(text, checker.still_fails, seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(smaller + "\n", encoding="utf-8")
    found = checker.differs(smaller) or "It does not differ every time."
    path.with_suffix(".txt").write_text(f"mode {checker.mode}\n{found}\n", encoding="utf-8")
    print(f"{path}\n{found}", flush=True)


def arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.differential.fuzz", description="Compare generated programs."
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look for differences (60)")
    parser.add_argument("--mode", choices=[mode for mode in MODES if mode != "plain"], default="both")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other programs (0)")
    parser.add_argument("--programs", type=int, default=30, help="programs in a process (30)")
    parser.add_argument("--reduce-seconds", type=float, default=120.0, help="time to make one failure smaller (120)")
    parser.add_argument("--folder", type=Path, default=Path("failures"), help="where failures are stored (failures)")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Fuzz as the arguments say; 1 when a difference was found, 0 when none was."""
    asked = arguments(words)
    deadline = time.monotonic() + asked.seconds
    number = found = 0
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(Path(folder), asked.mode)
        while time.monotonic() < deadline:
            texts = programs_of(asked.seed, number, asked.programs)
            if checker.differs(batch(texts)):
                for place, text in enumerate(culprits(checker, texts)):
                    found += 1
                    path = asked.folder / f"{asked.mode}-{asked.seed}-{number}-{place}.py"
                    store(checker, text, path, asked.reduce_seconds)
            number += 1
    print(f"{number} batches of {asked.programs} programs, mode {asked.mode}, seed {asked.seed}: {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
