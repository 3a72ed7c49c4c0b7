"""Makes a failing program smaller: statements are taken away as long as what is left still fails.

First whole runs of statements of a block, halving the length, then a block's header around its body (`if x: y`
becomes `y`), then parts of expressions (`f(x + 1)` becomes `x`), over and over until nothing more can go. The layout
and the comments of the program are lost at once.
"""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator

BLOCKS = ("body", "orelse", "finalbody", "handlers")

type Path = tuple[tuple[str, int], ...]
"""The way from the module to a block's owner: names of blocks and places in them."""


class _TimeIsUp(Exception):
    """Ends the search wherever it is."""


def reduced(source: str, fails: Callable[[str], bool], seconds: float = 60.0) -> str:
    """The smallest program found within the time that still fails; the given text if its unparsed form does not."""
    deadline = time.monotonic() + seconds
    tree = ast.parse(source)
    smallest = ast.unparse(tree)
    if not fails(smallest):
        return source

    def better(candidate: ast.Module) -> bool:
        nonlocal smallest
        if time.monotonic() > deadline:
            raise _TimeIsUp
        if not _compiles(candidate) or not fails(ast.unparse(candidate)):
            return False
        smallest = ast.unparse(candidate)
        return True

    try:
        before = ""
        while smallest != before:
            before = smallest
            for step in (_without_runs, _without_headers, _with_smaller_expressions):
                tree = step(tree, better)
    except _TimeIsUp:
        pass
    return smallest


def _without_runs(tree: ast.Module, better: Callable[[ast.Module], bool]) -> ast.Module:
    """Take away runs of statements, long ones first. From the end on, so that the places before stay what they were."""
    size = 1 << max(len(block) for _, _, block in _blocks(tree, ())).bit_length()
    while size:
        places = [
            (path, name, start)
            for path, name, block in _blocks(tree, ())
            for start in range(0, len(block), size)
            if size < 2 * len(block)
        ]
        for path, name, start in reversed(places):
            candidate = _without(tree, path, name, start, start + size)
            if candidate is not None and better(candidate):
                tree = candidate
        size //= 2
    return tree


def _without_headers(tree: ast.Module, better: Callable[[ast.Module], bool]) -> ast.Module:
    """Put the body of a compound statement in its place."""
    places = [(path, name, place) for path, name, block in _blocks(tree, ()) for place in range(len(block))]
    for path, name, place in reversed(places):
        candidate = _unwrapped(tree, path, name, place)
        if candidate is not None and better(candidate):
            tree = candidate
    return tree


def _with_smaller_expressions(tree: ast.Module, better: Callable[[ast.Module], bool]) -> ast.Module:
    """Put a part of an expression in its place, outer expressions first."""
    number = 0
    while number < len(_expressions(tree)):
        parts = len(list(_parts(_expressions(tree)[number])))
        for part in range(parts):
            candidate = copy.deepcopy(tree)
            target = _expressions(candidate)[number]
            _Replace(target, list(_parts(target))[part]).visit(candidate)
            if better(candidate):
                tree = candidate
                break  # the same number once more: the part may have parts
        else:
            number += 1
    return tree


def _expressions(tree: ast.Module) -> list[ast.expr]:
    """The expressions whose value is used, outer ones first; not what is assigned to."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    ]


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child


class _Replace(ast.NodeTransformer):
    """Replaces one node, known by identity, by another."""

    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old = old
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.old:
            return self.new
        visited = self.generic_visit(node)
        assert isinstance(visited, ast.AST)
        return visited


def _blocks(node: ast.AST, path: Path) -> Iterator[tuple[Path, str, list[ast.AST]]]:
    """Each block below a node, outer ones first: the way to its owner, its name there, its statements."""
    for name in BLOCKS:
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield path, name, block
    for name in BLOCKS:
        block = getattr(node, name, None)
        for place, statement in enumerate(block if isinstance(block, list) else []):
            yield from _blocks(statement, (*path, (name, place)))


def _owner(tree: ast.Module, path: Path) -> ast.AST:
    node: ast.AST = tree
    for name, place in path:
        node = getattr(node, name)[place]
    return node


def _without(tree: ast.Module, path: Path, name: str, start: int, stop: int) -> ast.Module | None:
    """The program without some statements of a block, whose body keeps a `pass`; None where that is all it had."""
    smaller = copy.deepcopy(tree)
    block = getattr(_owner(smaller, path), name)
    if name == "body" and len(block) == 1 and isinstance(block[0], ast.Pass):
        return None
    del block[start:stop]
    if name == "body" and not block:
        block.append(ast.Pass())
    return smaller


def _unwrapped(tree: ast.Module, path: Path, name: str, place: int) -> ast.Module | None:
    """The program with a compound statement replaced by its body; None for other statements."""
    statement = getattr(_owner(tree, path), name)[place]
    if not isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.With):
        return None
    smaller = copy.deepcopy(tree)
    block = getattr(_owner(smaller, path), name)
    block[place : place + 1] = block[place].body
    return smaller


def _compiles(tree: ast.Module) -> bool:
    """Whether it is a program: no empty body, no `break` outside a loop."""
    try:
        compile(ast.unparse(tree), "<reduced>", "exec")
    except SyntaxError, ValueError:
        return False
    return True
