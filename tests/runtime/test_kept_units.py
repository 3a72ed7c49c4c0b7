"""Units that are kept from one process to the next: the same code is not compiled twice, what is different is, and nothing that was kept makes a program do anything else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from whitehot import service
from whitehot.bytecode.objects import ObjectTable
from whitehot.bytecode.reader import Scope, take
from whitehot.request import Choices, Options, Request
from whitehot.runtime import cache
from whitehot.runtime.kept_units import KeptUnits
from whitehot.tiers import Tier

CORPUS = Path(__file__).parent.parent / "corpus"

PROGRAM = """
import sys
SCALE = {scale}

def twice(x):
    return 2 * x

def work(count, items):
    total = 0
    for i in range(count):
        total += items[i & 7] * SCALE + twice(i)
    return total

for _ in range(30):
    result = work(2000, {items})
print(result)
"""


def run(
    program: str | Path, folder: Path, tiers: str = "baseline", **variables: str
) -> tuple[str, str, int, dict[str, Any]]:
    """Output, standard error, status and counts of a program whose kit is the user's, and whose kept units are in a folder."""
    folder.mkdir(exist_ok=True)
    home = folder / "whitehot"
    if not home.exists():
        home.mkdir(mode=0o700)
        for file in Path(cache.folder()).glob("*-*"):
            if file.is_file():
                (home / file.name).symlink_to(file)
    counts = folder / "counts.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))}
    environment |= {
        "PYTHONHASHSEED": "0",
        "XDG_CACHE_HOME": str(folder),
        "WHITEHOT": "1",
        "WHITEHOT_TIERS": tiers,
        "WHITEHOT_COMPILE_THREAD": "inline",
        "WHITEHOT_CALL_THRESHOLD": "20",
        "WHITEHOT_LOOP_THRESHOLD": "40",
        "WHITEHOT_OPTIMIZE_AFTER": "200",
        "WHITEHOT_STATS_FILE": str(counts),
    }
    words = ["-c", program] if isinstance(program, str) else ["-B", program.name]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=None if isinstance(program, str) else program.parent,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return done.stdout, done.stderr, done.returncode, json.loads(counts.read_text())


def text(scale: object = 3, items: str = "list(range(8))") -> str:
    return PROGRAM.format(scale=scale, items=items)


@pytest.mark.parametrize("tiers", ["baseline", "both", "optimizing"])
def test_second_run_compiles_nothing(tmp_path: Path, tiers: str) -> None:
    """What the first process compiled is all that the second one needs, in the tier that it came to."""
    first = run(text(), tmp_path, tiers)
    second = run(text(), tmp_path, tiers)
    assert first[:3] == second[:3]
    assert first[3]["compiled_units"] > 0
    assert first[3]["kept_units"] == 0
    assert second[3]["compiled_units"] == 0
    assert second[3]["kept_units"] > 0
    assert second[3]["entered"] > 0
    if tiers == "both":
        assert second[3]["tiers"]["optimizing"]["kept_units"] > 0


WRONG_GUESSES = """
def step(x):
    for i in range(60):
        if i == x:
            return i * 2
        if x < 0:
            x = -x
    return -x

def work(first, last):
    total = 0
    for x in range(first, last):
        total += step(x)
    return total

print(work(100, 400), [work(-200, 200) for _ in range(20)])
"""


@pytest.mark.parametrize("tiers", ["baseline", "both", "optimizing"])
def test_wrong_guesses_are_made_once(tmp_path: Path, tiers: str) -> None:
    """What is known of one loop's guesses does not keep the units of the function around it, and of other loops, from being found."""
    outputs = [run(WRONG_GUESSES, tmp_path, tiers) for _ in range(4)]
    assert len({output[:3] for output in outputs}) == 1
    assert outputs[-1][3]["compiled_units"] == 0
    assert outputs[-1][3]["kept_units"] > 1


CALLEES = """
def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)

def multiply(vector):
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(i, j) * vector[j]
        result.append(total)
    return result

vector = [1.0] * 60
for _ in range(30):
    vector = multiply(vector)
print(sum(vector))
"""


def test_callees_that_were_copied_need_no_code(tmp_path: Path) -> None:
    """When a caller was compiled, its callee had native code too. The next process finds that unit although its callee has none."""
    first = run(CALLEES, tmp_path)
    second = run(CALLEES, tmp_path, WHITEHOT_CALL_THRESHOLD="10000")
    assert first[:3] == second[:3]
    assert first[3]["compiled_units"] > 1
    assert second[3]["compiled_units"] == 0
    assert second[3]["kept_units"] > 0


@pytest.mark.parametrize("tiers", ["baseline", "both"])
def test_callees_that_are_called(tmp_path: Path, tiers: str) -> None:
    """A unit that calls native code directly finds it in the next process, although other functions were compiled before it there."""
    program = CALLEES.replace("return 1.0", "if i > j: return element(j, i)\n    return 1.0")
    unused = "def unused(count):\n    total = 0\n    for i in range(count): total += i * i\n    return total\n"
    other = program.replace("vector = [1.0]", f"{unused}for x in range(300): unused(x)\nvector = [1.0]")
    first = run(program, tmp_path, tiers, WHITEHOT_INLINE_LIMIT="0")
    compiled = [run(other, tmp_path, tiers, WHITEHOT_INLINE_LIMIT="0") for _ in range(3)]
    assert {one[:3] for one in compiled} == {first[:3]}
    assert 0 < compiled[0][3]["compiled_units"] < first[3]["compiled_units"]
    assert compiled[0][3]["kept_units"] > 1
    assert compiled[-1][3]["compiled_units"] == 0


def shuffled(count: int) -> list[str]:
    """A function whose attribute look-ups the interpreter specializes once it has run."""
    found: list[str] = []
    for i in range(count):
        found.append(str(i))
    found.reverse()
    return found[0].join(found).split("1")


def test_what_the_interpreter_has_seen_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit is found before the interpreter knows of the methods that it calls, and by then the unit's symbols for them are known too."""
    monkeypatch.setattr(cache, "folder", lambda: str(tmp_path))
    kept = KeptUnits(2)

    def ask(function: FunctionType) -> tuple[ObjectTable, Request]:
        table = ObjectTable()
        return table, Request(take(function.__code__, table, Scope.of(function)), Options())

    fresh = FunctionType(shuffled.__code__.replace(), globals(), "shuffled")
    early_table, early = ask(fresh)
    for _ in range(50):
        fresh(20)
    late_table, late = ask(fresh)
    methods = set(late.snapshot.objects) - set(early.snapshot.objects)
    assert methods >= {"builtin.str.split", "builtin.list.reverse"}
    unit = service.compile(late, Choices(tier=Tier.BASELINE, even_if_slow=True), lambda: True)
    kept.keep(late, unit, late_table)
    found = kept.find(early, Tier.BASELINE, early_table)
    assert found is not None
    assert found[0] == late.snapshot
    for symbol in methods:
        assert early_table.value_of(symbol) is late_table.value_of(symbol)


def test_other_constants_and_callees(tmp_path: Path) -> None:
    """A global that was taken for constant, or a function that was copied into its caller, is part of what has to be the same."""
    run(text(), tmp_path)
    for program in (text(scale=5), text().replace("2 * x", "7 - x"), text(scale=2.5), text(scale=10**30)):
        plain = run(program, tmp_path, WHITEHOT_KEEP_UNITS="0")
        assert run(program, tmp_path)[:3] == plain[:3]
        assert run(program, tmp_path)[:3] == plain[:3]


def test_other_types(tmp_path: Path) -> None:
    """Types that were only guessed are not: the kept unit is used, leaves where it guessed wrong, and the next process knows."""
    run(text(), tmp_path)
    for items in ("[0.5 * i for i in range(8)]", "[10**20 + i for i in range(8)]", "[True] * 8", "tuple(range(8))"):
        plain = run(text(items=items), tmp_path, WHITEHOT_KEEP_UNITS="0")
        for _ in range(3):
            assert run(text(items=items), tmp_path)[:3] == plain[:3]


def test_damaged_files(tmp_path: Path) -> None:
    """A file that is not whole, or that others may write, is no file."""
    run(text(), tmp_path)
    (folder,) = (tmp_path / "whitehot").glob("units-*")
    assert folder.stat().st_mode & 0o077 == 0
    for number, file in enumerate(sorted(folder.iterdir())):
        data = file.read_bytes()
        if number % 2:
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        else:
            file.chmod(0o666)
    found = run(text(), tmp_path)
    assert found[1] == ""
    assert found[3]["kept_units"] == 0
    assert found[3]["compiled_units"] > 0


@pytest.mark.parametrize(
    "name", ["float_simulations", "recursion_classics", "exc_own_handler", "list_floats_in_place", "globals_rebound", "function_changed", "closures_many", "frame_locals_eval"]
)  # fmt: skip
@pytest.mark.parametrize("tiers", ["baseline", "both"])
def test_corpus(tmp_path: Path, name: str, tiers: str) -> None:
    """Programs do the same with what they have kept, run after run."""
    program = CORPUS / f"{name}.py"
    plain = run(program, tmp_path, tiers, WHITEHOT_KEEP_UNITS="0")
    runs = [run(program, tmp_path, tiers) for _ in range(3)]
    assert [found[:3] for found in runs] == [plain[:3]] * 3
    assert runs[-1][3]["kept_units"] > 0
