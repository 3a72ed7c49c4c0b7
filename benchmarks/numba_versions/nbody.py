"""`benchmarks/nbody.py` for Numba: positions, velocities and masses as arrays."""

import math

import numpy as np
from numba import njit

from _protocol import benchmark
from nbody import energy, make_bodies, make_pairs


@njit
def advance(positions, velocities, masses, dt, steps):
    count = len(masses)
    for _ in range(steps):
        for i in range(count):
            for j in range(i + 1, count):
                dx = positions[i, 0] - positions[j, 0]
                dy = positions[i, 1] - positions[j, 1]
                dz = positions[i, 2] - positions[j, 2]
                square = dx * dx + dy * dy + dz * dz
                magnitude = dt / (square * math.sqrt(square))
                pull1 = masses[i] * magnitude
                pull2 = masses[j] * magnitude
                velocities[i, 0] -= dx * pull2
                velocities[i, 1] -= dy * pull2
                velocities[i, 2] -= dz * pull2
                velocities[j, 0] += dx * pull1
                velocities[j, 1] += dy * pull1
                velocities[j, 2] += dz * pull1
        for i in range(count):
            for axis in range(3):
                positions[i, axis] += dt * velocities[i, axis]


def nbody(size):
    bodies = make_bodies()
    before = energy(bodies, make_pairs(bodies))
    positions, velocities, masses = (np.array(column) for column in zip(*bodies))
    advance(positions, velocities, masses, 0.01, size)
    bodies = list(zip(positions, velocities, masses))
    return f"{before:.9f} {energy(bodies, make_pairs(bodies)):.9f}"


if __name__ == "__main__":
    benchmark(nbody, 100_000)
