"""Operation bodies as templates: exits, attributes, several instances in one function, what is declared."""

from __future__ import annotations

import re

import pytest
from tests.lowlevel.native import RAISE_EXIT, SIDE_EXIT, operation

from whitehot.cpython.capi import PyLong_FromLongLong, PyNumber_Add
from whitehot.lowlevel import SideExit, Template, kept, merge_declarations, translate
from whitehot.lowlevel.intrinsics import (
    add_with_overflow,
    address_of,
    call,
    inline,
    raise_exit,
    remainder_truncated,
    side_exit,
    stack_array,
    unsigned,
)
from whitehot.lowlevel.types import Frame, ListObject, Object, ThreadState, f64, i64, u64


def int_add(left: i64, right: i64) -> i64:
    total, overflow = add_with_overflow(left, right)
    if overflow:
        side_exit()
    return total


def greatest_divisor(left: i64, right: i64) -> i64:
    if left < 0 or right < 0:
        side_exit()
    room = stack_array(i64, 2)
    room[0] = left
    while right != 0:
        left, right = right, remainder_truncated(left, right)
        room[1] = left
    return room[1] if left != room[0] else left


def list_length(items: ListObject, limit: i64) -> i64:
    if items.ob_type is not address_of("PyList_Type") or items.ob_size > limit:
        side_exit()
    return items.ob_size


@inline
def checked(value: i64) -> i64:
    if value == 0:
        side_exit()
    if value < 0:
        raise_exit()
    return value


def halves(left: i64, right: i64) -> f64:
    return float(checked(left)) / float(checked(right))


def same(value: Object) -> Object:
    return value


def binary(left: Object, right: Object, function: Object) -> Object:
    result = call(function, left, right, result=Object)
    if result is None:
        raise_exit()
    return result


def never(value: i64) -> i64:
    side_exit()


def stores(slot: i64, value: Object, frame: Frame) -> None:
    frame.localsplus[slot] = value


def breaks(thread: ThreadState, breaker: u64) -> None:
    if thread.eval_breaker != breaker:
        side_exit()


def constant() -> bool:
    return True


@pytest.mark.parametrize("times", [1, 2, 3])
def test_exits_and_results(times: int) -> None:
    """A body gives its result or leaves, whether it is used once or more often in one function."""
    add = operation(int_add, times=times)
    assert add(2, 3) == 5
    assert add(2**63 - 1, 1) == SIDE_EXIT
    divisor = operation(greatest_divisor, times=times)
    assert [divisor(12, 18), divisor(7, 0), divisor(5, 5), divisor(-1, 5)] == [6, 7, 5, SIDE_EXIT]
    length = operation(list_length, times=times)
    items, others = [1, 2], (1, 2)
    assert [length(id(items), 5), length(id(items), 1), length(id(others), 5)] == [2, SIDE_EXIT, SIDE_EXIT]
    half = operation(halves, times=times)
    assert [half(1, 4), half(0, -1), half(-1, 0), half(1, -1)] == [0.25, SIDE_EXIT, RAISE_EXIT, RAISE_EXIT]
    assert operation(never, times=times)(1) == SIDE_EXIT


def test_bodies_run_as_python() -> None:
    """The same bodies run as Python, exits being exceptions."""
    assert int_add(2, 3) == 5
    with pytest.raises(SideExit):
        int_add(2**63 - 1, 1)


def test_straight_bodies_stay_straight() -> None:
    """A body without branches gives instructions only; one without instructions gives its operand or a constant."""
    piece = translate(same).instantiate("v1.", ["%x"])
    assert (piece.text, piece.result, piece.last_label, piece.entry_allocas) == ("", "%x", None, "")
    assert translate(constant).instantiate("v1.", []).result == "true"
    piece = translate(int_add).instantiate("v9.", ["%x", "4"], [], "leave")
    assert "phi" not in piece.text
    assert "alloca" not in piece.text
    assert piece.last_label is not None
    assert piece.text.count("br ") == 1
    assert "label %leave" in piece.text
    assert all(name.startswith("v9.") or name in {"x", "leave"} for name in re.findall(r"%([\w.]+)", piece.text))


def test_attributes_are_constants() -> None:
    """Attributes come after the operands, as literals or symbols."""
    template = translate(binary, ("function",))
    assert (template.operands, template.attributes, template.result_type) == (["ptr", "ptr"], ["ptr"], "ptr")
    piece = template.instantiate("v.", ["%a", "%b"], ['@"PyNumber_Add"'], None, "fail")
    assert 'call ptr @"PyNumber_Add"(ptr %a, ptr %b)' in piece.text
    assert template.can_raise
    assert not template.can_exit
    three = translate(int_add, ("left",)).instantiate("v.", ["%b"], ["3"], "out")
    assert "(i64 3, i64 %b)" in three.text


def test_implicit_parameters() -> None:
    """frame, thread and breaker are no operands."""
    template = translate(stores)
    assert template.operands == ["i64", "ptr"]
    assert "%frame" in template.instantiate("v.", ["0", "%x"]).text
    template = translate(breaks)
    assert template.operands == []
    text = template.instantiate("v.", [], [], "out").text
    assert "%thread" in text
    assert "%breaker" in text
    assert "!prof !9001" in text


def test_lengths_are_not_negative() -> None:
    """LLVM is told so where one is loaded; an index that is not negative then needs one comparison."""
    text = translate(list_length).instantiate("v.", ["%x", "%n"], [], "out").text
    assert ", !range !9003" in text


def test_declarations_merge() -> None:
    """A function's declaration is preferred to one of its mere address."""
    into = {"PyNumber_Add": "@PyNumber_Add = external global i8"}

    def adds(left: Object, right: Object) -> Object:
        return PyNumber_Add(left, PyLong_FromLongLong(i64(unsigned(3))) if left is right else right)

    new = translate(adds).declarations
    merge_declarations(into, new)
    assert into["PyNumber_Add"] == "declare ptr @PyNumber_Add(ptr, ptr) nounwind"
    assert set(into) == {"PyNumber_Add", "PyLong_FromLongLong"}
    merge_declarations(into, {"PyNumber_Add": "@PyNumber_Add = external global i8"})
    assert into["PyNumber_Add"].startswith("declare")


def test_wrong_use_is_refused() -> None:
    """A wrong number of operands, or a missing label, is an error at once."""
    with pytest.raises(ValueError, match="2 operands"):
        translate(int_add).instantiate("v.", ["%x"], [], "out")
    with pytest.raises(ValueError, match="exit label"):
        translate(int_add).instantiate("v.", ["%x", "%y"])


def test_kept_templates() -> None:
    """A template that was kept as data expands to the same text as the one it was kept from."""
    (data,) = kept([(int_add, ())]).values()
    operands = ["%a", "%b"]
    assert Template(*data).instantiate("v.", operands, (), "out") == translate(int_add).instantiate(
        "v.", operands, (), "out"
    )
