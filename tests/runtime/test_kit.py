"""Kits: which one is taken, and that baseline code needs nothing else of LLVM."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from whitehot.runtime import cache, kit
from whitehot.stencil import library

KIT = (b"routines", {"int_add": b"template"}, {"int_add.SS.S": b"stencil"})


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a kit that comes with the package, which tests write."""
    monkeypatch.setattr(kit, "FOLDER", str(tmp_path))
    monkeypatch.setattr(kit, "make", lambda target, is_wanted: (b"made", {}, {}))
    return tmp_path / f"{library.target()}.kit"


def test_shipped(shipped: Path) -> None:
    """One that was made from these sources is taken."""
    shipped.write_bytes(marshal.dumps((kit.digest(), KIT)))
    assert kit.found_or_made() == KIT


def test_none_shipped(shipped: Path) -> None:
    """Without one it is made."""
    assert kit.found_or_made()[0] == b"made"


@pytest.mark.parametrize(
    "data", [b"", b"?", marshal.dumps(7), marshal.dumps((1, 2, 3)), marshal.dumps(("other sources", KIT))]
)
def test_shipped_but_stale_or_damaged(shipped: Path, data: bytes) -> None:
    """One of other sources, or none at all, is not taken."""
    shipped.write_bytes(data)
    assert kit.found_or_made()[0] == b"made"


def test_cut_off(shipped: Path) -> None:
    """Nor is one that is not whole."""
    whole = marshal.dumps((kit.digest(), KIT))
    for length in range(len(whole)):
        shipped.write_bytes(whole[:length])
        assert kit.found_or_made()[0] == b"made"


def test_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes with what sources say, not with when they were written."""
    monkeypatch.setattr(kit, "SOURCES", str(tmp_path))
    monkeypatch.setattr(kit, "source_files", lambda: ["text.py"])
    source = tmp_path / "text.py"
    found: list[str] = []
    for text in ("a = 1", "a = 2", "a = 1"):
        source.write_text(text)
        os.utime(source, (len(found), len(found)))
        found.append(kit.digest())
    assert found[0] == found[2] != found[1]


# --- processes with a cache folder of their own ---

PROGRAM = """
import sys
import time
import whitehot
from whitehot.runtime import control

def summed(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total

def tiers():
    return [unit["tier"] for unit in whitehot.stats().get("units", ()) if unit["name"] == "summed"]

deadline = time.monotonic() + 60
right = True
while not tiers() and time.monotonic() < deadline:
    right = right and summed(50_003) == sum(i & 7 for i in range(50_003))
while control._controller.loading and time.monotonic() < deadline:
    time.sleep(0.01)
right = right and summed(50_003) == sum(i & 7 for i in range(50_003))
loaded = sorted(name for name in sys.modules if name.startswith("llvmlite"))
if sys.platform == "linux":
    with open("/proc/self/maps") as maps:
        loaded += [line.split()[-1] for line in maps if "llvmlite" in line]
print(right, tiers(), loaded)
"""


def run(folder: Path, program: str, **variables: str) -> str:
    """What a program prints with this cache folder; nothing on standard error."""
    path = folder / "program.py"
    path.write_text(program)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))}
    environment |= {
        "WHITEHOT": "1",
        "WHITEHOT_KEEP_UNITS": "0",
        "WHITEHOT_LOAD_AFTER": "0",
        "XDG_CACHE_HOME": str(folder),
    }
    words = [sys.executable, str(path)]
    done = subprocess.run(words, env=environment | variables, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def output(folder: Path, thread: str) -> str:
    """What the program prints with this cache folder, in the baseline tier."""
    return run(folder, PROGRAM, WHITEHOT_TIERS="baseline", WHITEHOT_COMPILE_THREAD=thread, WHITEHOT_LOOP_THRESHOLD="10")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A cache folder's file with this machine's kit, and no other file beside it."""
    cache.get("kit", kit.found_or_made)
    made = Path(cache._path("kit", cache.key()))
    copy = tmp_path / "whitehot" / made.name
    copy.parent.mkdir(mode=0o700)
    shutil.copy2(made, copy)
    return copy


needs_cache_home = pytest.mark.skipif(sys.platform != "linux", reason="XDG_CACHE_HOME is for Linux")


@needs_cache_home
@pytest.mark.parametrize(("thread", "kinds"), [("inline", set()), ("background", {"engine"})])
def test_llvm_is_not_loaded(kept: Path, tmp_path: Path, thread: str, kinds: set[str]) -> None:
    """With a kit, baseline code is made without a look at LLVM, whether the code of our own modules has been kept (the second time) or not."""
    assert list(kept.parent.iterdir()) == [kept]
    for _ in range(2):
        assert output(tmp_path, thread) == "True ['baseline'] []\n"
        found = {file.name.split("-")[0] for file in kept.parent.iterdir()}
        assert found == {"kit", "routines", "compiler"} | kinds


@needs_cache_home
def test_damaged_kit(kept: Path, tmp_path: Path) -> None:
    """A kit that is no longer what was kept is made anew, and kept again; nothing of it was run."""
    whole = kept.read_bytes()
    middle = len(whole) // 2
    kept.write_bytes(
        whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 1000]) + whole[middle + 1000 :]
    )
    found = output(tmp_path, "inline")
    assert found.startswith("True ['baseline'] [")
    assert "llvmlite" in found
    assert marshal.loads(memoryview(kept.read_bytes())[4:]) == marshal.loads(memoryview(whole)[4:])


ENDING = """
import time

def summed(n):
    total = 0
    for i in range(n):
        total += i & 7
    return total

deadline = time.monotonic() + 0.5
while time.monotonic() < deadline:
    summed(10_000)
"""


@needs_cache_home
def test_program_ends_before_the_kit_is_made(tmp_path: Path) -> None:
    """What is given up then is nobody's business: it takes seconds to make a kit."""
    assert run(tmp_path, ENDING) == ""
