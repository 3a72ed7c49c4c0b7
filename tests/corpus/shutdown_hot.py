"""Hot functions that run while the interpreter shuts down: exit handlers, module globals' finalizers, threads.

Breaks watchers and compiled code that are called after their time.
"""

import atexit
import threading


def hot(count):
    total = 0
    for i in range(count):
        total += i
    return total


def first_hot_at_exit(count):
    total = 0.5
    for i in range(count):
        total += i * 0.5
    return total


class AtTheEnd:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print(self.name, self.work(300))

    def work(self, count):
        total = 0
        for i in range(count):
            total += i
        return total


def non_daemon():
    threading.main_thread().join()
    print("thread after main", hot(500))


@atexit.register
def last():
    print("exit handler", hot(1000), first_hot_at_exit(1000))
    global hot_counter
    for i in range(200):
        hot_counter += i
    print(hot_counter)


hot_counter = 0
keeper = AtTheEnd("module global")
threading.Thread(target=non_daemon).start()
print(hot(1000), keeper.work(10))
