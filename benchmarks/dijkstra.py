"""Shortest paths in a random road map: heapq and a dict of dicts."""

import heapq
import random

from _protocol import benchmark


def make_graph(nodes):
    """A connected directed graph: node -> {neighbour: distance}."""
    generator = random.Random(7)
    graph = {node: {(node + 1) % nodes: generator.randint(1, 100)} for node in range(nodes)}
    for _ in range(4 * nodes):
        graph[generator.randrange(nodes)][generator.randrange(nodes)] = generator.randint(1, 100)
    return graph


def shortest_paths(graph, source):
    """The distance of every node from the source."""
    distances = {node: float("inf") for node in graph}
    distances[source] = 0
    queue = [(0, source)]
    while queue:
        distance, node = heapq.heappop(queue)
        if distance > distances[node]:
            continue
        for neighbour, length in graph[node].items():
            candidate = distance + length
            if candidate < distances[neighbour]:
                distances[neighbour] = candidate
                heapq.heappush(queue, (candidate, neighbour))
    return distances


def total_distance(size):
    """The sum of all distances from ten sources in a graph of `size` nodes."""
    graph = make_graph(size)
    return sum(sum(shortest_paths(graph, source).values()) for source in range(0, size, size // 10))


def main():
    benchmark(total_distance, 12_000)


if __name__ == "__main__":
    main()
