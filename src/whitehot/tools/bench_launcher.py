"""The small parent of a measured process: starts a command, waits, and writes down what it cost.

Run as `python -I -S bench_launcher.py REPORT COMMAND ARGUMENT...`; REPORT gets one line,
`status seconds peak processor`: the exit status (negative: the signal that ended it), the wall-clock seconds
from start to end, the peak resident memory in bytes, and the seconds of processor time, the system's included.

Why a process of its own: Linux counts into a child's `ru_maxrss` what its parent occupied at the moment of
the start. The bench runner, with its table library, occupies several times what a bare interpreter
does, and every plain Python would seem to need as much. This launcher imports next to nothing, so it is
smaller than anything it starts.
"""

import os
import sys
import time


def launch(report: str, command: list[str]) -> None:
    """Run the command with this process's environment and streams; write the line to the file `report`."""
    started = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    # Kilobytes, except on macOS (getrusage(2) of each).
    peak = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
    with open(report, "w") as file:
        file.write(f"{os.waitstatus_to_exitcode(status)} {seconds!r} {peak} {usage.ru_utime + usage.ru_stime!r}\n")


if __name__ == "__main__":
    launch(sys.argv[1], sys.argv[2:])
