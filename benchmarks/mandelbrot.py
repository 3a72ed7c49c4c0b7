"""The Mandelbrot set on a grid of points, in plain floats."""

from _protocol import benchmark

LIMIT = 100


def escape_time(cx, cy):
    """The number of steps after which the point leaves the circle of radius 2, at most LIMIT."""
    x = y = 0.0
    for step in range(LIMIT):
        x2 = x * x
        y2 = y * y
        if x2 + y2 > 4.0:
            return step
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return LIMIT


def mandelbrot(size):
    """The sum of the escape times and the number of points inside, over size x size points."""
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


def main():
    benchmark(mandelbrot, 440)


if __name__ == "__main__":
    main()
