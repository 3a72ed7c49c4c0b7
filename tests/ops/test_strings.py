"""Operations on exact strings: characters of every width, equality, order, growing in place."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ops.harness import Left, Owned, Row, compiled, retain

from whitehot.ir import ops
from whitehot.lowlevel.types import StrObject, size_of

IN_EVERY_TIER = True

quick = settings(max_examples=200, deadline=None, database=None)

#: Strings of every kind and boundary: ASCII, Latin-1, two bytes, four bytes.
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "abc",
    "\x7f",
    "\x80",
    "é",
    "aé",
    "\xff",
    "\u0100",
    "a\u0100",
    "\uffff",
    "\U00010000",
    "x\U0010ffff",
    "\0",
    "a\0b",
]
texts = st.sampled_from(TEXTS) | st.text(max_size=6) | st.text("ab", max_size=4)


def fresh(text: str) -> str:
    """An equal string that is another object, where there may be one."""
    return "".join([text[:1], text[1:]])


def test_layout() -> None:
    """The characters of an ASCII string follow the smaller structure."""
    assert sys.getsizeof("") == size_of(StrObject) + 1


@quick
@given(texts, texts)
def test_comparisons(left: str, right: str) -> None:
    """Equality and order as Python's."""
    for a, b in ((left, right), (left, fresh(left)), (left, left)):
        assert compiled(ops.str_eq)(a, b) is (a == b)
        assert compiled(ops.str_ne)(a, b) is (a != b)
        assert compiled(ops.str_compare)(a, b) == (a > b) - (a < b)
        assert compiled(ops.str_contains)(a, b) is (b in a)
        assert compiled(ops.str_concat)(a, b) == a + b
    assert compiled(ops.str_len)(left) == len(left)
    assert compiled(ops.str_is_true)(left) is bool(left)


@pytest.mark.parametrize("text", TEXTS)
def test_characters(text: str) -> None:
    """Items and code points by Python's indexes; outside it leaves."""
    for index in (*range(-4, 5), 2**62, -(2**63), 2**63 - 1):
        try:
            wanted = text[index]
        except IndexError:
            for operation in (ops.str_item, ops.str_ord_at):
                with pytest.raises(Left):
                    compiled(operation)(text, index)
        else:
            assert compiled(ops.str_item)(text, index) == wanted
            assert compiled(ops.str_ord_at)(text, index) == ord(wanted)
    if len(text) == 1:
        assert compiled(ops.str_ord)(text) == ord(text)
    else:
        with pytest.raises(Left):
            compiled(ops.str_ord)(text)


def test_chr() -> None:
    """Code points become characters; other numbers leave."""
    for code in (0, 65, 127, 128, 255, 256, 0xD800, 0xFFFF, 0x10000, 0x10FFFF):
        assert compiled(ops.str_chr)(code) == chr(code)
    for code in (-1, 0x110000, 2**63 - 1, -(2**63)):
        with pytest.raises(Left):
            compiled(ops.str_chr)(code)


@quick
@given(texts, texts)
def test_append(left: str, right: str) -> None:
    """`+=` whether or not somebody else holds the left string; nobody sees a string change."""
    retain(left)
    before = left + "."
    assert compiled(ops.str_append)(left, right) == left + right
    assert left + "." == before
    assert compiled(ops.str_append)(Owned(fresh(left + "!")), right) == left + "!" + right


def test_append_in_place() -> None:
    """A string that nobody else has grows where it lies: its address changes only when its allocation is full."""
    append = compiled(ops.str_append)
    text = Owned("abcdefgh" * 20 + str(len(sys.argv)))
    length = compiled(ops.str_len)(text)
    stayed = 0
    for step in range(160):
        made = append(text, "x")
        assert len(made) == length + step + 1
        stayed += id(made) == text.address
        text = Owned(made)
        del made
    assert stayed > 100
    compiled(ops.decref)(text)


def test_append_counts() -> None:
    """The left string's reference is taken over, the right one's is not."""
    left = "left " + str(len(sys.argv))
    right = "right " + str(len(sys.argv))
    counts = sys.getrefcount(left), sys.getrefcount(right)
    for _ in range(10):
        retain(left)
        compiled(ops.str_append)(left, right)
    assert (sys.getrefcount(left), sys.getrefcount(right)) == counts


def test_build_string() -> None:
    """Several strings in one."""
    assert compiled(ops.build_string)(Row("a", "\u0100", "c"), 3) == "a\u0100c"
    assert compiled(ops.build_string)(Row(), 0) == ""
