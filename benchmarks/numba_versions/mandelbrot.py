"""`benchmarks/mandelbrot.py` for Numba: the functions as they are, decorated."""

from numba import njit

from _protocol import benchmark

LIMIT = 100


@njit
def escape_time(cx, cy):
    x = y = 0.0
    for step in range(LIMIT):
        x2 = x * x
        y2 = y * y
        if x2 + y2 > 4.0:
            return step
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return LIMIT


@njit
def mandelbrot(size):
    total = 0
    inside = 0
    for row in range(size):
        cy = 2.4 * row / size - 1.2
        for column in range(size):
            steps = escape_time(3.0 * column / size - 2.2, cy)
            total += steps
            if steps == LIMIT:
                inside += 1
    return total, inside


if __name__ == "__main__":
    benchmark(mandelbrot, 440)
