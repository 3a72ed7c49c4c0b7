"""The perf map: lines as perf reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from whitehot.code.link import Function
from whitehot.code.perfmap import PERF_DIRECTORY, PerfMap


def test_lines(tmp_path: Path) -> None:
    """One line per function, numbers in hexadecimal without prefix; later lines are appended."""
    perf_map = PerfMap(tmp_path)
    perf_map.add([Function("f", 0x7F00AB, 16), Function("g", 0x7F00BB, 255)], prefix="whitehot:")
    perf_map.add([Function("h at file.py:3", 1, 2)])
    assert perf_map.path == tmp_path / f"perf-{os.getpid()}.map"
    assert perf_map.path.read_text() == "7f00ab 10 whitehot:f\n7f00bb ff whitehot:g\n1 2 h at file.py:3\n"


def test_names_stay_on_their_line(tmp_path: Path) -> None:
    """A name cannot make lines of its own; names that are no UTF-8 are written as well as may be."""
    perf_map = PerfMap(tmp_path)
    perf_map.add([Function("a\nb\r\x00c", 1, 2), Function("ünï\udc80", 3, 4)])
    assert perf_map.path.read_text() == "1 2 a?b??c\n3 4 ünï?\n"


def test_follows_no_link(tmp_path: Path) -> None:
    """The directory is everybody's: a link that somebody put there is not written through."""
    perf_map = PerfMap(tmp_path)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    perf_map.path.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        perf_map.add([Function("f", 1, 2)])
    assert victim.read_text() == "precious"


def test_where_perf_looks(tmp_path: Path) -> None:
    """By default the file is where perf looks for it, named after the process."""
    assert PerfMap().path == PERF_DIRECTORY / f"perf-{os.getpid()}.map"
    program = (
        "import os, sys, pathlib; from whitehot.code.perfmap import PerfMap; from whitehot.code.link import Function\n"
        "perf_map = PerfMap(pathlib.Path(sys.argv[1])); child = os.fork()\n"
        "perf_map.add([Function('f', 1, 2)]); child and os.waitpid(child, 0)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert len(list(tmp_path.glob("perf-*.map"))) == 2
