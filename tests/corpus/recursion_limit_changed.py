"""sys.setrecursionlimit lowered and raised around hot recursive functions, and very deep recursion. # carried

Breaks a limit remembered at compile time, and native frames that overrun the C stack when the limit is high.
"""

import sys
import threading


def down(n):
    if n == 0:
        return 0
    return 1 + down(n - 1)


def total(items, i):
    if i == len(items):
        return 0.0
    return items[i] + total(items, i + 1)


def deepest():
    low, high = 0, 100000
    while low + 1 < high:
        middle = (low + high) // 2
        try:
            down(middle)
            low = middle
        except RecursionError:
            high = middle
    return low


def lower_inside(n, limit):
    if n == 50:
        sys.setrecursionlimit(limit)
    if n == 0:
        return 0
    return 1 + lower_inside(n - 1, limit)


def in_thread():
    results.append(down(900))
    try:
        down(5000)
    except RecursionError as error:
        results.append(str(error))
    sys.setrecursionlimit(30000)
    results.append(down(20000))
    sys.setrecursionlimit(1000)


for _ in range(20):
    down(60)
for limit in (200, 1000, 500, 5000):
    sys.setrecursionlimit(limit)
    print(limit, deepest())
sys.setrecursionlimit(60000)
print(down(50000), total([0.5] * 20000, 0))
sys.setrecursionlimit(1000)
print(lower_inside(100, 1100))
sys.setrecursionlimit(1000)
for limit in (70, 3, 120):
    try:
        print(lower_inside(200, limit))
    except RecursionError as error:
        print(limit, error)
    sys.setrecursionlimit(1000)
results = []
thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
print(results, sys.getrecursionlimit())
