"""threading.settrace_all_threads and setprofile_all_threads reach hot loops of other threads. # carried

Breaks threads in compiled loops that never notice that tracing began.
"""

import sys
import threading


def callee(x):
    return x + 1


def spin():
    started.set()
    total = 0
    while not seen:
        total = callee(total) & 0xFFFF
    while not stop.is_set():
        total = callee(total) & 0xFFFF


def tracer(frame, event, argument):
    if frame.f_code is callee.__code__ and threading.current_thread() is thread:
        seen.append(event)
    return None


seen = []
started, stop = threading.Event(), threading.Event()
for install in (threading.settrace_all_threads, threading.setprofile_all_threads):
    seen.clear()
    started.clear()
    stop.clear()
    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    started.wait()
    install(tracer)
    stop.set()
    thread.join(20)
    install(None)
    print(install.__name__, thread.is_alive(), bool(seen), sys.gettrace(), sys.getprofile())
