"""Mandelbrot, Newton's method, n-body steps and spectral norm in small: the sums must agree to the last bit. # carried

Breaks reassociation, fused multiply-add, excess precision and x87 arithmetic.
"""


def mandelbrot(width, height, limit):
    total = 0
    for row in range(height):
        for column in range(width):
            x0 = column / width * 3.5 - 2.5
            y0 = row / height * 2.0 - 1.0
            x = y = 0.0
            steps = 0
            while x * x + y * y <= 4.0 and steps < limit:
                x, y = x * x - y * y + x0, 2.0 * x * y + y0
                steps += 1
            total = total * 31 + steps & 0xFFFFFFFF
    return total


def newton(value):
    guess = value
    while True:
        better = (guess + value / guess) / 2
        if better == guess or abs(better - guess) < 1e-15 * guess:
            return better
        guess = better


def orbit(steps, dt):
    bodies = [[0.0, 0.0, 0.0, 0.0, 1000.0], [100.0, 0.0, 0.0, 3.0, 1.0], [0.0, 150.0, -2.5, 0.0, 2.0]]
    for _ in range(steps):
        for i in range(len(bodies)):
            for j in range(i + 1, len(bodies)):
                a, b = bodies[i], bodies[j]
                dx = a[0] - b[0]
                dy = a[1] - b[1]
                pull = dt / (dx * dx + dy * dy) ** 1.5
                a[2] -= dx * b[4] * pull
                a[3] -= dy * b[4] * pull
                b[2] += dx * a[4] * pull
                b[3] += dy * a[4] * pull
        for body in bodies:
            body[0] += body[2] * dt
            body[1] += body[3] * dt
    return bodies


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def spectral(n):
    u = [1.0] * n
    for _ in range(3):
        v = [0.0] * n
        for i in range(n):
            total = 0.0
            for j in range(n):
                total += element(i, j) * u[j]
            v[i] = total
        u = [sum(element(j, i) * v[j] for j in range(n)) for i in range(n)]
    return sum(a * b for a, b in zip(u, v, strict=True)), sum(b * b for b in v)


print(mandelbrot(40, 24, 60))
print([newton(float(i)) for i in range(1, 40)])
print(orbit(300, 0.01))
print(spectral(20))
