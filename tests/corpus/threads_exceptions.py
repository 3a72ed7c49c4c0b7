"""Exceptions in hot loops of threads: excepthook, exceptions set from outside, daemon threads at exit.

Breaks thread states that are mixed up by compiled code, and the process's end while a thread is in a hot loop.
"""

import ctypes
import threading
import time


class Stop(Exception):
    pass


def failing(count):
    total = 0
    for i in range(count):
        total += 10 // (70 - i)
    return total


def endless():
    n = 0
    try:
        started.set()
        while True:
            n = n + 1 & 0xFFFF
    except Stop:
        stopped.append(n >= 0)


def forever():
    running.set()
    x = 0
    while True:
        x = x * 3 + 1 & 0xFFFF


def hook(arguments):
    entry = arguments.exc_traceback
    while entry.tb_next:
        entry = entry.tb_next
    caught.append((arguments.exc_type.__name__, entry.tb_lineno, entry.tb_frame.f_locals["i"]))


caught, stopped = [], []
started, running = threading.Event(), threading.Event()
threading.excepthook = hook
for _ in range(4):
    thread = threading.Thread(target=failing, args=(100,))
    thread.start()
    thread.join()
print(caught)
for _ in range(3):
    started.clear()
    thread = threading.Thread(target=endless)
    thread.start()
    started.wait()
    time.sleep(0.05)
    print(ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop)))
    thread.join(30)
    print(thread.is_alive())
print(stopped, failing(60))
threading.Thread(target=forever, daemon=True).start()
running.wait()
time.sleep(0.02)
print("main ends while a daemon thread is in a hot loop")
