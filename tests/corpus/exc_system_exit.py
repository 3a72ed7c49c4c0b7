"""sys.exit inside a hot loop: the status, finally blocks, and exit handlers. # carried

Breaks SystemExit passing through compiled frames.
"""

import atexit
import sys


def stop(i):
    if i == 150:
        sys.exit(41)


def loop(count):
    total = 0
    try:
        for i in range(count):
            total += i
            stop(i)
    finally:
        print("finally", total)


def nested(count):
    for i in range(count):
        try:
            raise SystemExit(i)
        except SystemExit as error:
            last = error.code
    return last


atexit.register(print, "exit handler")
print(nested(60))
loop(1000)
print("never")
