"""The Sun and the four giant planets, moved in small steps."""

import math

from _protocol import benchmark

SOLAR_MASS = 4 * math.pi * math.pi
DAYS_PER_YEAR = 365.24

# Per planet: position (astronomical units), velocity (a day), mass (of the Sun's).
PLANETS = [
    (
        [4.84143144246472090e00, -1.16032004402742839e00, -1.03622044471123109e-01],
        [1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05],
        9.54791938424326609e-04,
    ),
    (
        [8.34336671824457987e00, 4.12479856412430479e00, -4.03523417114321381e-01],
        [-2.76742510726411040e-03, 4.99852801234917238e-03, 2.30417297573763929e-05],
        2.85885980666130812e-04,
    ),
    (
        [1.28943695621391310e01, -1.51111514016986312e01, -2.23307578892655734e-01],
        [2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05],
        4.36624404335156298e-05,
    ),
    (
        [1.53796971148509165e01, -2.59193146099879641e01, 1.79258772950371181e-01],
        [2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05],
        5.15138902046611451e-05,
    ),
]


def make_bodies():
    """The Sun, at rest such that the total momentum is zero, and the planets: (position, velocity, mass)."""
    bodies = [([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], SOLAR_MASS)]
    for position, velocity, mass in PLANETS:
        bodies.append((position[:], [v * DAYS_PER_YEAR for v in velocity], mass * SOLAR_MASS))
    sun_velocity = bodies[0][1]
    for _, velocity, mass in bodies[1:]:
        for axis in range(3):
            sun_velocity[axis] -= velocity[axis] * mass / SOLAR_MASS
    return bodies


def make_pairs(bodies):
    return [(bodies[i], bodies[j]) for i in range(len(bodies)) for j in range(i + 1, len(bodies))]


def advance(bodies, pairs, dt, steps):
    """Move all bodies by `steps` steps of `dt` years."""
    for _ in range(steps):
        for (position1, velocity1, mass1), (position2, velocity2, mass2) in pairs:
            dx = position1[0] - position2[0]
            dy = position1[1] - position2[1]
            dz = position1[2] - position2[2]
            square = dx * dx + dy * dy + dz * dz
            magnitude = dt / (square * math.sqrt(square))
            pull1 = mass1 * magnitude
            pull2 = mass2 * magnitude
            velocity1[0] -= dx * pull2
            velocity1[1] -= dy * pull2
            velocity1[2] -= dz * pull2
            velocity2[0] += dx * pull1
            velocity2[1] += dy * pull1
            velocity2[2] += dz * pull1
        for position, velocity, _ in bodies:
            position[0] += dt * velocity[0]
            position[1] += dt * velocity[1]
            position[2] += dt * velocity[2]


def energy(bodies, pairs):
    """The total energy: it should hardly change."""
    total = 0.0
    for _, (vx, vy, vz), mass in bodies:
        total += 0.5 * mass * (vx * vx + vy * vy + vz * vz)
    for (position1, _, mass1), (position2, _, mass2) in pairs:
        dx = position1[0] - position2[0]
        dy = position1[1] - position2[1]
        dz = position1[2] - position2[2]
        total -= mass1 * mass2 / math.sqrt(dx * dx + dy * dy + dz * dz)
    return total


def nbody(size):
    """The energy before and after `size` steps."""
    bodies = make_bodies()
    pairs = make_pairs(bodies)
    before = energy(bodies, pairs)
    advance(bodies, pairs, 0.01, size)
    return f"{before:.9f} {energy(bodies, pairs):.9f}"


def main():
    benchmark(nbody, 100_000)


if __name__ == "__main__":
    main()
