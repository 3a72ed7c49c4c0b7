"""`whitehot prepare`: let everything be made now that is made once on a machine, so that no program waits for it.

Wheels bring what LLVM makes (`whitehot/runtime/kit.py`). For sources that are not those of a wheel it is made when a program first needs it, which takes some
ten seconds beside it; a program that is over before gets no native code. Here a program runs for as long as that takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds after which something must be wrong.
_LIMIT = 300

#: Busy in the way of any program until some of it is native code of each tier, which needs everything that is kept.
_PROGRAM = f"""
import time, whitehot

def busy(count):
    total = 0
    for i in range(count):
        total += i & 7
    return total

def is_prepared(stats):
    if stats.get("trouble") and not stats["trouble"].startswith("not loaded"):
        raise SystemExit(stats["trouble"])
    tiers = stats.get("tiers", {{}}).values()
    return bool(tiers) and all(tier["compiled_units"] for tier in tiers)

end = time.monotonic() + {_LIMIT}
while not is_prepared(whitehot.stats()):
    if time.monotonic() > end:
        raise SystemExit("nothing was compiled within {_LIMIT} seconds")
    busy(200_000)
"""


def main(arguments: Sequence[str]) -> int:
    """Prepare this machine; 0 when programs can be compiled now, else 1."""
    parser = argparse.ArgumentParser(prog="whitehot prepare", description=__doc__)
    parser.parse_args(list(arguments))
    return 0 if prepare() else 1


def prepare() -> bool:
    """Whether everything that programs need is there now. Says on standard error what is missing."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WHITEHOT"))}
    variables = {"WHITEHOT": "1", "WHITEHOT_KEEP_UNITS": "0"}
    done = subprocess.run([sys.executable, "-c", _PROGRAM], env=others | variables, check=False)
    return done.returncode == 0
