"""Pure intrinsics: their Python form and their instructions give the same."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.lowlevel.native import compiled, define

from whitehot.lowlevel.intrinsics import PURE

_random = random.Random(3)
_FLOATS = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    0.49999999999999994,
    4503599627370497.5,
    2.0**52,
    1e300,
    5e-324,
    -1e-310,
]
VALUES: dict[str, list[Any]] = {
    "i64": [
        0,
        1,
        -1,
        2,
        3,
        -7,
        2**31,
        2**62,
        -(2**62),
        2**63 - 1,
        -(2**63),
        *(_random.getrandbits(63) for _ in range(5)),
    ],
    "u64": [0, 1, 7, 2**63, 2**64 - 1, 2**53 + 1],
    "f64": [*_FLOATS, math.inf, -math.inf, math.nan, *(_random.uniform(-1e6, 1e6) for _ in range(10))],
    "bool": [False, True],
}
FORBIDDEN: dict[str, Callable[..., bool]] = {
    "divide_truncated": lambda left, right: right == 0 or (left, right) == (-(2**63), -1),
    "remainder_truncated": lambda left, right: right == 0 or (left, right) == (-(2**63), -1),
    "truncate_to_i64": lambda value: not abs(value) < 2.0**63,
}


def _plain(value: Any, type_: str) -> Any:
    return value - 2**64 if type_ == "u64" and value >> 63 else value


@pytest.mark.parametrize("name", PURE)
def test_instructions_do_what_python_does(name: str) -> None:
    """Each intrinsic agrees with its Python form on all combinations of edge values and some random ones."""
    function = PURE[name].function
    parameters = {key: text for key, text in function.__annotations__.items() if key != "return"}
    result = function.__annotations__["return"]
    results = result.removeprefix("tuple[").removesuffix("]").split(", ")
    source = f"def call({', '.join(f'{k}: {t}' for k, t in parameters.items())}) -> {{}}:\n    return {name}({', '.join(parameters)}){{}}\n"
    if len(results) == 1:
        natives = [compiled(define(source.format(result, "")))]
    else:
        body = f"    first, second = {name}({', '.join(parameters)})\n    return {{}}\n"
        head = source.partition("\n")[0] + "\n"
        natives = [
            compiled(define((head + body).format(t, which)))
            for t, which in zip(results, ("first", "second"), strict=True)
        ]
    for values in itertools.product(*(VALUES[type_] for type_ in parameters.values())):
        if name in FORBIDDEN and FORBIDDEN[name](*values):
            continue
        expected = function(*values)
        wanted = expected if isinstance(expected, tuple) else (expected,)
        found = [native(*values) for native in natives]
        assert repr(found) == repr([_plain(value, t) for value, t in zip(wanted, results, strict=True)]), values


@pytest.mark.parametrize("name", ["divide_truncated", "remainder_truncated", "to_f64"])
def test_unsigned_operands_make_unsigned_instructions(name: str) -> None:
    """Division and conversion take u64 operands as unsigned."""
    parameters = [key for key in PURE[name].function.__annotations__ if key != "return"]
    returns = "f64" if name == "to_f64" else "u64"
    native = compiled(
        define(
            f"def call({', '.join(f'{k}: u64' for k in parameters)}) -> {returns}:\n    return {name}({', '.join(parameters)})\n"
        )
    )
    for values in itertools.product(VALUES["u64"], repeat=len(parameters)):
        if values[1:] != (0,):
            assert native(*values) == _plain(PURE[name].function(*values), returns)
