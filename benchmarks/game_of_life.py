"""Conway's Game of Life on a board with edges, drawn as text."""

from _protocol import benchmark

START = """
........................#...........
......................#.#...........
............##......##............##
...........#...#....##............##
##........#.....#...##..............
##........#...#.##....#.#...........
..........#.....#.......#...........
...........#...#....................
............##......................
""".split()


def make_board(width, height):
    """A gun that fires gliders, near the upper left corner."""
    board = [[False] * width for _ in range(height)]
    for y, line in enumerate(START):
        for x, char in enumerate(line):
            board[y + 2][x + 2] = char == "#"
    return board


def count_neighbours(board, x, y):
    count = 0
    for row in board[max(0, y - 1) : y + 2]:
        for cell in row[max(0, x - 1) : x + 2]:
            if cell:
                count += 1
    return count - board[y][x]


def step(board):
    """The next generation."""
    following = []
    for y, row in enumerate(board):
        line = []
        for x, alive in enumerate(row):
            neighbours = count_neighbours(board, x, y)
            line.append(neighbours == 3 or (alive and neighbours == 2))
        following.append(line)
    return following


def draw(board):
    return "\n".join("".join("#" if cell else "." for cell in row) for row in board)


def play(size):
    """The board, 60 by 30, after `size` generations, and the most cells that were ever alive."""
    board = make_board(60, 30)
    most = 0
    for _ in range(size):
        board = step(board)
        most = max(most, draw(board).count("#"))
    return f"{draw(board)}\n{most}"


def main():
    benchmark(play, 100)


if __name__ == "__main__":
    main()
