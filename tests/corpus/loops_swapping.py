"""Variables are swapped in nested loops, around calls that may look at the frame.

Breaks a data flow that finds another variable in a slot each time it goes round, and never ends.
"""


def swapped(n):
    for i in (n, n, n):
        if (3 if n % 2 == 0 else n) >= i >> 63:
            i, i = (i, i + i)
            m = (True if 3 != i else i) - (i + i)
            for j in (m, 3, -1):
                m = i
            else:
                m += 1 << (-(2**31) & 63) & 2**40 - 1
                i, i = (i, i)
                i = n
            left = 7
            while left > 0:
                left -= 1
                n, i = (i, n)
        else:
            m = (n if n >= n else n) != 5 and False * True
    return n * 10 == 5 or min(n, n)


for round in range(30):
    for value in (0, -7, 2, -1, 2**53 + 1, 1.25, 1j):
        try:
            print(swapped(value))
        except TypeError as error:
            print(error)
