"""A timer signal's handler runs in hot loops that make no calls, and may stop them or raise. # carried

Breaks compiled loops that never look at pending signals.
"""

import signal
import sys

flag = False
FIRST = 0.15  # long enough for a compiler that runs in the program's own thread to be done


def set_flag(number, frame):
    global flag
    flag = True
    seen.append((number == signal.SIGALRM, frame.f_code.co_name))


def raise_error(number, frame):
    raise TimeoutError(frame.f_code.co_name)


def wait_for_flag():
    turns = 0
    while not flag:
        turns += 1
    return turns > 0


def for_loop():
    total = 0
    for i in range(10**15):
        total ^= i
        if flag:
            break
    return total >= 0


def endless(delay):
    x = 0.5
    signal.setitimer(signal.ITIMER_REAL, delay)
    while True:
        x = x * 0.5 + 1.0


def handled_inside():
    x = 0
    caught = 0
    while caught < 3:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.01 if caught else FIRST)
            while True:
                x = x + 1 & 0xFFFF
        except TimeoutError as error:
            caught += 1
            name = str(error)
    return caught, name


def change_local(number, frame):
    frame.f_locals["running"] = False


def stopped_by_write():
    running = True
    turns = 0
    while running:
        turns += 1
    return turns > 0


seen = []
for function in (wait_for_flag, for_loop):
    for delay in (FIRST, 0.01, 0.01):
        flag = False
        signal.signal(signal.SIGALRM, set_flag)
        signal.setitimer(signal.ITIMER_REAL, delay)
        print(function.__name__, function())
print(seen)
signal.signal(signal.SIGALRM, raise_error)
for delay in (FIRST, 0.01):
    try:
        endless(delay)
    except TimeoutError as error:
        print("stopped in", error, error.__traceback__.tb_next.tb_frame.f_locals["x"] > 0, sys.exception() is error)
print(handled_inside())
signal.signal(signal.SIGALRM, change_local)
signal.setitimer(signal.ITIMER_REAL, FIRST)
print(stopped_by_write())
