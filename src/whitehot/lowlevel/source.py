"""From a Python function to its syntax tree, and from the names in it to what they mean."""

from __future__ import annotations

import ast
import builtins
import linecache
import types
from collections.abc import Callable, Container
from functools import cache

from whitehot.cpython.structure import FieldType, parse_type
from whitehot.lowlevel.errors import LowLevelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_ABSENT = object()


@cache
def _functions_of_file(path: str, text: str) -> dict[int, ast.FunctionDef]:
    """The functions of a file by first line, decorators included."""
    found: dict[int, ast.FunctionDef] = {}
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.FunctionDef):
            found[min([node.lineno, *(d.lineno for d in node.decorator_list)])] = node
    return found


class Source:
    """A function's syntax tree and the names it sees."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if not isinstance(function, types.FunctionType):
            raise LowLevelError(f"{function!r} is not a Python function")
        self.function = function
        self.name = function.__name__
        code = function.__code__
        self.path = code.co_filename
        text = "".join(linecache.getlines(self.path, function.__globals__))
        tree = _functions_of_file(self.path, text).get(code.co_firstlineno)
        if tree is None:
            raise LowLevelError(f"{self.path}:{code.co_firstlineno}: the source of {self.name} cannot be read")
        self.tree = tree
        self._closure = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))

    def refuse(self, node: ast.AST, message: str) -> NoReturn:
        """Raise LowLevelError that names this function and the place of the node."""
        line = getattr(node, "lineno", self.tree.lineno)
        raise LowLevelError(f"{self.path}:{line}: in {self.name}: {message}")

    def lookup(self, name: str) -> Any:
        """What a name means outside of the function. Raises LookupError."""
        if name in self._closure:
            return self._closure[name].cell_contents
        found = self.function.__globals__.get(name, _ABSENT)
        if found is _ABSENT:
            found = getattr(builtins, name, _ABSENT)
        if found is _ABSENT:
            raise LookupError(name)
        return found

    def object_of(self, node: ast.expr, local: Container[str]) -> Any:
        """The Python object that a (dotted) name outside of the function means. Raises LookupError for anything else."""
        match node:
            case ast.Name(id=name) if name not in local:
                return self.lookup(name)
            case ast.Attribute(value=base, attr=name):
                owner = self.object_of(base, local)
                if isinstance(owner, types.ModuleType | type):
                    found = getattr(owner, name, _ABSENT)
                    if found is not _ABSENT:
                        return found
        raise LookupError


def suite_of(tree: ast.FunctionDef) -> list[ast.stmt]:
    """A function's statements without its docstring."""
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return tree.body


def annotated(node: ast.expr | None) -> FieldType:
    """The type that an annotation or a type argument names. Raises ValueError."""
    if node is None:
        raise ValueError("an annotation is missing")
    return parse_type(node.id if isinstance(node, ast.Name) else ast.unparse(node))
