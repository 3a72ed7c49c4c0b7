"""How the values of a state come into a record, and which exits share a leaving function."""

from __future__ import annotations

from whitehot.ir.graph import Instruction, Value
from whitehot.ir.parser import parse_function
from whitehot.llvm.leaving import Leavers, passed, record_of

FUNCTION = """
func f(%0: i64, %1: i64, %2: f64, %3: bool, %4: object, %5: object, %6: object) -> object {
b0:
  %7: object[range_iterator] = make_range_iterator %0, %1, %0
  return %4
}
"""


def values() -> tuple[list[Value], Value]:
    """The parameters, and an object that is made on leaving paths only."""
    function = parse_function(FUNCTION.strip() + "\n")
    parameters = function.entry.parameters
    made = function.entry.instructions[0]
    assert isinstance(made, Instruction)
    assert made.result is not None
    return parameters, made.result


def test_positions() -> None:
    """Each value has a word of its own; what native code owns is recorded once, at the end, before what is made."""
    (i, j, d, b, p, q, h), made = values()
    record = record_of([p, made, i, d, b, h, q, p], [h], {made})
    assert record.layout.count == 4 + 4 + 4 + 4 + 4 + 1
    assert record.owned == 2
    assert record.positions[made] == record.layout.count - 1
    assert record.positions[h] == record.layout.count - 2
    assert len(set(record.positions.values())) == len(record.positions) == 8
    assert j in record.positions  # what the iterator is made from


def test_owned_twice() -> None:
    """A value that two references are held of has two words among the last."""
    (_, _, _, _, p, _, h), made = values()
    record = record_of([p, h], [h, h], {made})
    assert record.owned == 2
    assert record.groups["h"][-2:] == [h, h]
    assert record.positions[h] >= record.layout.count - 2


def test_sharing() -> None:
    """States with about as many values of each kind, and the same objects to make, share a function; others do not."""
    (i, j, d, _, p, q, h), made = values()
    leavers = Leavers()

    def name(state: list[Value], held: list[Value]) -> str:
        return leavers.name(record_of(state, held, {made}).shape)

    assert name([p, i], []) == name([p, q, i, j], []) == name([h, i, i], [])
    assert name([p, i, made], []) == name([j, q, made, p], [])
    assert len({name([p], []), name([p, i], []), name([p, i, made], []), name([p, i, d], []), name([p], [h])}) == 5


def test_arguments() -> None:
    """Values go to the parameters of their kind; places that are not needed get poison."""
    (i, j, d, _, p, _, h), made = values()
    names = {i: "%i", j: "%j", d: "%d", p: "%p", h: "%h"}
    record = record_of([p, d, made, h], [h], {made})
    assert passed(record, names.__getitem__) == (
        ", i64 %i, i64 %j, i64 poison, i64 poison, ptr %p, ptr poison, ptr poison, ptr poison"
        ", ptr poison, ptr poison, ptr poison, ptr %h, double %d, double poison, double poison, double poison"
    )
