"""The queens puzzle by backtracking: in how many ways can n queens stand on a board without attacking each other?"""

from _protocol import benchmark


def is_safe(columns, column):
    """May a queen stand in the next row, in this column?"""
    row = len(columns)
    for other_row, other in enumerate(columns):
        if other == column or abs(other - column) == row - other_row:
            return False
    return True


def solutions(size, columns=()):
    """Every solution that begins with these columns."""
    if len(columns) == size:
        yield columns
        return
    for column in range(size):
        if is_safe(columns, column):
            yield from solutions(size, (*columns, column))


def draw(columns):
    return "\n".join(" ".join("Q" if column == queen else "." for column in range(len(columns))) for queen in columns)


def count(size):
    """The number of solutions, and the last one."""
    found = list(solutions(size))
    return f"{len(found)}\n{draw(found[-1]) if found else 'none'}"


def main():
    benchmark(count, 10)


if __name__ == "__main__":
    main()
