"""fib, Ackermann, mutual recursion, Hanoi, with ints, floats, growing ints and memo defaults. # carried

Breaks native calls with unboxed arguments: results that overflow, type changes deep in the recursion.
"""


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def hanoi(n, source, target, spare, moves):
    if n:
        hanoi(n - 1, source, spare, target, moves)
        moves.append((source, target))
        hanoi(n - 1, spare, target, source, moves)
    return len(moves)


def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def tak(x, y, z):
    if y >= x:
        return z
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def memo(n, seen={0: 0, 1: 1}):
    if n not in seen:
        seen[n] = memo(n - 1) + memo(n - 2)
    return seen[n]


def flatten(items, out=None):
    if out is None:
        out = []
    for item in items:
        if isinstance(item, list):
            flatten(item, out)
        else:
            out.append(item)
    return out


def quicksort(items):
    if len(items) <= 1:
        return items
    pivot = items[len(items) // 2]
    return (
        quicksort([x for x in items if x < pivot])
        + [x for x in items if x == pivot]
        + quicksort([x for x in items if x > pivot])
    )


def sum_to(n):
    if n == 0:
        return 0
    if n == 50:
        return 0.5 + sum_to(n - 1)
    return n + sum_to(n - 1)


def power(base, exponent):
    if exponent == 0:
        return 1
    half = power(base, exponent // 2)
    return half * half * base if exponent % 2 else half * half


def permutations(items, k, out):
    if k == len(items):
        out.append(items[:])
    for i in range(k, len(items)):
        items[k], items[i] = items[i], items[k]
        permutations(items, k + 1, out)
        items[k], items[i] = items[i], items[k]
    return out


print(fib(17), fib(16.0), fib(True), ackermann(2, 6), ackermann(2.0, 3), [is_even(i) for i in range(0, 200, 33)])
print(
    hanoi(8, "a", "b", "c", []),
    factorial(60),
    factorial(20.0),
    tak(10, 6, 3),
    memo(120),
    [sum_to(i) for i in range(45, 55)],
)
print(
    flatten([1, [2, [3, [4, [5]]]]] * 10)[-3:],
    quicksort([i * 37 % 101 for i in range(101)])[50:55],
    power(3, 100),
    power(1.5, 20),
)
print(len(permutations([1, 2, 3, 4, 5], 0, [])), permutations([1, 2, 3], 0, []))
