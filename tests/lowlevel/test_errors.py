"""What is not in the language is refused with the place and with what to write instead."""

from __future__ import annotations

import pytest
from tests.lowlevel.native import define

from whitehot.lowlevel import LowLevelError, module_of

HEAD = "def bad(x: i64, y: f64, o: Object, p: Pointer, b: bool) -> i64:\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return x // 2", "divide_truncated"),
        ("return x / 2", "divide_truncated"),
        ("return x + y", "no operator Add of i64 and f64"),
        ("return y", "truncate_to_i64"),
        ("return o", "addresses and numbers are different"),
        ("return b", "i64(...)"),
        ("return x if x else 1", "write x != 0"),
        ("return x if o else 1", "write o is not None"),
        ("return int(o == p)", "compare addresses with `is`"),
        ("return int(x is x)", "use == for numbers"),
        ("return o.ob_size", "Object has no field ob_size; it has ob_refcnt"),
        ("return p.ob_size", "cast it to a structure"),
        ("return o[0]", "cast it to Array"),
        ("return unknown", "unknown is neither a variable"),
        ("return unknown(x)", "unknown cannot be called"),
        ("return len(o)", "len cannot be called"),
        ("q: ListObject = o\n    return 1", "use cast(ListObject, ...)"),
        ("q: int = 1\n    return 1", "use i64"),
        ("return x, x", "returns 2 values, the annotation says 1"),
        ("if b:\n        z = 1\n    return z", "z is not set"),
        ("if b:\n        z = 1\n    else:\n        z = o\n    return z", "of another type"),
        ("pass", "the end is reached without a return"),
        ("side_exit()", "for bodies of operations only"),
        ("for i in o:\n        pass\n    return 1", "not a statement"),
        ("for i in range(1, 2, x):\n        pass\n    return 1", "literal other than 0"),
        ("z = 0\n    while x > 0:\n        z = y\n        x -= 1\n    return x", "changes its type in a loop"),
        ("with o:\n        return 1", "not a statement"),
        ("return [x]", "not in the low-level language"),
        ("return (lambda: x)()", "cannot be called"),
        ("return add_with_overflow(x, x)", "returns 2 values"),
        ("z = add_with_overflow(x, x) + 1\n    return z", "gives 2 values"),
        ("return load(x, p)", "x is not a low-level type"),
        ("return sqrt(x)", "f64(...)"),
        ("return call(p, x)", "result=T"),
        ("return x ** 2", "Pow"),
    ],
)  # fmt: skip
def test_refusals_say_what_to_write(body: str, message: str) -> None:
    """Each refusal names the file, the function and the way out."""
    with pytest.raises(LowLevelError) as caught:
        module_of([define(HEAD + f"    {body}\n")])
    assert message in str(caught.value)
    assert "in bad: " in str(caught.value)
    assert "<lowlevel test" in str(caught.value)


def test_line_numbers() -> None:
    """The line is the one of the offending expression."""
    with pytest.raises(LowLevelError, match=r">:5: in bad"):
        module_of([define("def bad(x: i64) -> i64:\n    x += 1\n    x += 2\n    return x % 2\n")])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def bad(x) -> i64:\n    return 1\n", "an annotation is missing"),
        ("def bad(x: i64):\n    return 1\n", "the result's type is missing"),
        ("def bad(*x: i64) -> i64:\n    return 1\n", "plain parameters only"),
        ("def bad(x: str) -> i64:\n    return 1\n", "use Object or c_string"),
    ],
)
def test_signatures_are_checked(source: str, message: str) -> None:
    """Annotations are needed, and must be low-level types."""
    with pytest.raises(LowLevelError, match=message):
        module_of([define(source)])


def test_recursion_of_inline_functions_is_refused() -> None:
    """An inline function cannot call itself."""
    bad = define("def bad(x: i64) -> i64:\n    return bad(x)\n")
    bad.__lowlevel__ = "inline"  # type: ignore[attr-defined]
    with pytest.raises(LowLevelError, match="calls itself"):
        module_of([bad])
