"""os.fork in the middle of hot loops: parent and child go on, and each compiles more. # carried

Breaks compile threads and locks that do not survive a fork, and a fork that warns of threads nobody started.
"""

import os


def hot(count, step):
    total = 0
    for i in range(count):
        total += i * step
    return total


def late(count):
    """Hot for the first time in the child."""
    total = 0.0
    for i in range(count):
        total += i * 0.25
    return total


def fork_inside(count):
    total = 0
    child = None
    for i in range(count):
        total += i
        if i == count // 2:
            read, write = os.pipe()
            child = os.fork()
    if child == 0:
        os.close(read)
        message = f"child {total} {hot(500, 3)} {late(1000)}"
        os.write(write, message.encode())
        os._exit(7)
    os.close(write)
    with os.fdopen(read) as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    return total, text, os.waitstatus_to_exitcode(status)


print(hot(500, 2))
for _ in range(5):
    print(fork_inside(1000))
print(hot(500, 2), hot(500, 0.5), late(10))
