"""Matrix multiplication on lists of lists."""

from _protocol import benchmark


def make_matrix(size, seed):
    """A size x size matrix of floats between -1 and 1."""
    return [[((i * seed + j * 7) % 101) / 50.0 - 1.0 for j in range(size)] for i in range(size)]


def matmul(a, b):
    """The product of two matrices."""
    rows, inner, columns = len(a), len(b), len(b[0])
    product = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total += a[i][k] * b[k][j]
            product[i][j] = total
    return product


def trace_of_product(size):
    """The trace and the sum of all elements of a product."""
    product = matmul(make_matrix(size, 13), make_matrix(size, 29))
    trace = 0.0
    total = 0.0
    for i, row in enumerate(product):
        trace += row[i]
        for value in row:
            total += value
    return trace, total


def main():
    benchmark(trace_of_product, 190)


if __name__ == "__main__":
    main()
