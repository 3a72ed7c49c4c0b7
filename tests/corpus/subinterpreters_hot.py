"""Hot code in a second interpreter of the process, beside hot code in the first.

Breaks a JIT that shares objects or watchers between interpreters: it must stay out of the others.
"""

import sys
from concurrent import interpreters

CODE = """
def hot(count):
    total = 0
    for i in range(count):
        total += i * 3
    return total

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

for _ in range(30):
    hot(100)
text = f"{hot(1000)} {fib(12)}"
queue.put(text)
"""


def hot(count):
    total = 0
    for i in range(count):
        total += i * 2
    return total


print(hot(1000))
queue = interpreters.create_queue()
for _ in range(2):
    interpreter = interpreters.create()
    interpreter.prepare_main(queue=queue)
    interpreter.exec(CODE)
    print(queue.get(), hot(1000))
    interpreter.close()
print(hot(500), sys.is_finalizing())
