"""How a benchmark program is run: the command line, the repetitions, the clock.

A program calls `benchmark(work, default_size)` under `if __name__ == "__main__"`. What it prints is the
result of the work and nothing else, so that every engine can be held to the same output. The seconds
of each repetition go, as JSON, to the file that the environment variable `WHITEHOT_BENCH_OUT` names:

    {"size": 400, "seconds": [0.412, 0.409, 0.410], "processor": 1.231}

`processor` is the processor time of all repetitions together, which says how much work there was even when other
programs slowed this one down.

Kept to what CPython 3.11 and PyPy understand.
"""

import argparse
import json
import os
import time


def benchmark(work, default_size):
    """Run `work(size)` as often as the command line asks, and print what it returns, once.

    `--size N` is handed to `work`; `--repeat K` is the least number of repetitions and `--seconds S`
    the least time they take together, whichever is later. A repetition whose result differs from the
    first one's ends the program with an error: it is the sign of an engine that computes wrongly
    only after it has warmed up.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=default_size, help="how much work (default %(default)s)")
    parser.add_argument("--repeat", type=int, default=1, help="repetitions, at least (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.0, help="go on for this long, at least")
    options = parser.parse_args()
    seconds = []
    first = None
    used = time.process_time()
    begun = time.perf_counter()
    while len(seconds) < options.repeat or time.perf_counter() - begun < options.seconds:
        started = time.perf_counter()
        result = work(options.size)
        seconds.append(time.perf_counter() - started)
        text = str(result)
        if first is None:
            first = text
        elif text != first:
            raise SystemExit(f"repetition {len(seconds)} gave {text!r}, the first one {first!r}")
    used = time.process_time() - used
    print(first)
    if os.environ.get("WHITEHOT_BENCH_OUT"):
        with open(os.environ["WHITEHOT_BENCH_OUT"], "w") as file:
            json.dump({"size": options.size, "seconds": seconds, "processor": used}, file)
