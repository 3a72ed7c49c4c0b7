"""KeyboardInterrupt from a signal sent by the loop itself, and from another thread, in hot loops. # carried

Breaks Ctrl-C: an interrupt that comes late, at another line, or never.
"""

import os
import signal
import threading
import time
import traceback


def send(i):
    if i == 150:
        os.kill(os.getpid(), signal.SIGINT)


def loop(count):
    total = 0
    for i in range(count):
        total += i
        send(i)
    return total


def direct(count):
    total = 0
    for i in range(count):
        total += i
        if i == 150:
            signal.raise_signal(signal.SIGINT)
        total += 1
    return total


def endless():
    ready.set()
    n = 0
    while True:
        n = n * 3 + 1 & 0xFFFFFF


def finally_runs():
    n = 0
    try:
        ready.set()
        while True:
            n += 1
    finally:
        print("cleaned up", n > 0)


def interrupt_soon():
    ready.wait()
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)


def counted(number, frame):
    hits.append(frame.f_code.co_name)


for function in (loop, direct):
    try:
        print(function(100))
        function(1000)
    except KeyboardInterrupt:
        print(traceback.format_exc())
ready = threading.Event()
for function in (endless, finally_runs, endless):
    ready.clear()
    thread = threading.Thread(target=interrupt_soon)
    thread.start()
    try:
        function()
    except KeyboardInterrupt as error:
        print("interrupted", error.__traceback__.tb_next.tb_frame.f_code.co_name)
    thread.join()
hits = []
signal.signal(signal.SIGINT, counted)
print(loop(300), direct(300), hits)
