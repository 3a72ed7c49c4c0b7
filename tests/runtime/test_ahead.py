"""Loading the compiler from what an earlier process has kept: the same modules, and the program notices nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: Says of each module of ours what `import` leaves in it.
SHOW = """
import sys
def show():
    for name, module in sorted(sys.modules.items()):
        if name.startswith("whitehot"):
            spec = module.__spec__
            parent, _, last = name.rpartition(".")
            print(
                name, module.__file__, module.__package__, getattr(module, "__path__", None), type(module.__loader__).__name__,
                module.__loader__.path, spec.name, spec.origin, spec.parent, spec.has_location, spec._initializing,
                spec.submodule_search_locations, getattr(sys.modules.get(parent), last, None) is module or not parent,
                module.__builtins__ is sys.modules["whitehot.isolation"]._own or parent == "",
                hasattr(module, "__path__") or sorted(set(vars(module)) - set(["__cached__"])),
            )
"""

IMPORTED = (
    SHOW
    + """
from whitehot.runtime import ahead
import {modules}
show()
"""
)
RUN_AHEAD = (
    SHOW
    + """
from whitehot import isolation
from whitehot.runtime import ahead
assert ahead.read_modules({name!r})
isolation.run_ahead()
assert not isolation.ahead
import {modules}
show()
"""
)


def python(program: str, **variables: str) -> str:
    """What a program prints that has nothing to say on standard error."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))} | {
        "WHITEHOT_KEEP_UNITS": "0"
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment | variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    """Something has been kept."""
    subprocess.run([sys.executable, "-m", "whitehot", "prepare"], check=True)


@pytest.mark.parametrize(
    ("name", "modules"),
    [("compiler", "whitehot.service, whitehot.stencil.emit"), ("engine", "whitehot.runtime.engine")],
)
def test_modules_are_those_that_import_makes(name: str, modules: str) -> None:
    """Running what was read ahead leaves in each module what importing it does, and none of ours is missing."""
    ran = python(RUN_AHEAD.format(name=name, modules=modules)).splitlines()
    imported = python(IMPORTED.format(modules=modules)).splitlines()
    assert set(imported) <= set(ran)


HOT = """
import gc, time, whitehot
seen = []
gc.callbacks.append(lambda phase, info: seen.append(phase))
class Node: pass
nodes = [Node() for _ in range(1500)]
gc.collect()
seen.clear()
end = time.monotonic() + 60
def busy(count):
    total = 0
    for i in range(count):
        total += i & 3
    return total
while not whitehot.stats()["compiled_units"] and time.monotonic() < end:
    busy(100_000)
print(list(seen), gc.isenabled(), gc.collect(), whitehot.stats()["compiled_units"] > 0)
"""


@pytest.mark.parametrize(
    "first", ["", "gc.disable()\n", "import threading; threading.Thread(target=time.sleep, args=(1,)).start()\n"]
)
def test_no_garbage(first: str) -> None:
    """The collector finds nothing of ours, also where it was not kept off."""
    assert python(HOT.replace("seen = []", first + "seen = []"), WHITEHOT="1").split()[-2:] == ["0", "True"]


def test_loading_is_no_reason_to_collect() -> None:
    """The garbage collector is not run for what the engine makes as it is loaded, is on afterwards, and finds nothing of ours. On a busy machine loading may take longer than
    the program waits for it, and the collector is on before it is over: then once more.
    """
    assert "[] True 0 True\n" in (python(HOT, WHITEHOT="1") for _ in range(5))
