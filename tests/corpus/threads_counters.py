"""Two and more threads in hot loops that share counters under a lock, queues, and thread-local data.

Breaks shared variables cached across the point where another thread may run.
"""

import queue
import sys
import threading


def locked(rounds):
    global shared
    for _ in range(rounds):
        with lock:
            shared += 1


def explicit(rounds, box):
    for _ in range(rounds):
        lock.acquire()
        try:
            box[0] += 2
        finally:
            lock.release()


def private(rounds):
    local.total = 0
    for i in range(rounds):
        local.total += i
    results.append(local.total)


def consumer(source, target):
    while (item := source.get()) is not None:
        target.append(item * item)


def pure(rounds, out, index):
    x = index
    for i in range(rounds):
        x = (x * 31 + i) % 1000003
    out[index] = x


def run(*targets):
    threads = [threading.Thread(target=target, args=arguments) for target, arguments in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


sys.setswitchinterval(0.0005)
lock = threading.Lock()
local = threading.local()
shared, results, box = 0, [], [0]
run(*[(locked, (3000,))] * 4)
run(*[(explicit, (2000, box))] * 3)
run(*[(private, (2000,))] * 4)
print(shared, box, results)
source, target = queue.Queue(), []
thread = threading.Thread(target=consumer, args=(source, target))
thread.start()
for i in range(500):
    source.put(i)
source.put(None)
thread.join()
out = [0] * 4
run(*[(pure, (20000, out, index)) for index in range(4)])
print(len(target), sum(target), out)
