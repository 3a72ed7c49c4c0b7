"""range loops: negative steps, rebinding the loop variable, arguments evaluated once, shared iterators. # carried

Breaks a compiled counter that the program can see: the variable after the loop, an iterator used twice, changed bounds.
"""

import traceback


def steps(start, stop, step):
    total = 0
    last = "unset"
    for i in range(start, stop, step):
        total += i
        last = i
    return total, last


def rebind(count):
    seen = []
    for i in range(count):
        seen.append(i)
        i += 100
        seen.append(i)
    return seen[-4:], i


def bounds_once(count):
    n = count
    rounds = 0
    for i in range(n):
        n += 10
        rounds += 1
    return rounds, n, i


def shared(count):
    pairs = []
    numbers = iter(range(count))
    for a in numbers:
        for b in numbers:
            pairs.append((a, b))
            if b % 7 == 0:
                break
    return pairs[-5:], next(numbers, "end")


def stop_and_go(count):
    numbers = iter(range(count))
    total = 0
    for i in numbers:
        total += i
        if i == count // 2:
            break
    return total, numbers.__length_hint__(), list(numbers)[:3]


def same_range(count):
    numbers = range(count)
    total = 0
    for _ in numbers:
        for j in numbers:
            total += j
    return total, numbers.start, numbers.stop


def kept_iterator(count):
    numbers = iter(range(count))
    seen = 0
    for i in numbers:
        seen += i
        next(numbers, None)
    return seen


def unset(count):
    for i in range(count):
        pass
    return i


for step in (1, 2, 7, -1, -2, -7, 1000, -1000):
    print(step, steps(0, 500, step), steps(500, 0, step), steps(-50, 50, step), steps(3, 3, step))
print(rebind(200), bounds_once(200), shared(200), stop_and_go(300), same_range(40), kept_iterator(301))
print([unset(i) for i in range(1, 60)][-1])
for bad in ((0, 10, 0), (0, 10.5, 1), ("a", 2, 1), (None, 3, 1)):
    try:
        steps(*bad)
    except (ValueError, TypeError):
        print(traceback.format_exc())
try:
    unset(0)
except UnboundLocalError:
    print(traceback.format_exc())
for bounds in ((True, 5, 1), (0, True, 1), (False, 10, True)):
    print(steps(*bounds))
for numbers in (range(10), range(10, 0, -3), range(0, 100, 7)):
    print(
        numbers[-1],
        numbers[1:3],
        len(numbers),
        7 in numbers,
        numbers.index(numbers[2]),
        list(reversed(numbers))[:2],
        numbers == range(10),
    )
