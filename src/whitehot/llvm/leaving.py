"""The code of leaving paths: it records the values of a state, and makes the objects that only leaving paths need.

A unit has many ways out and most are never taken. Each is a call that passes the descriptor and the values on, and ends there: no
value is alive across a call, so that leaving paths cost the hot ones no registers.

What is done with the values is in functions that the exits of a unit share. To let few do for many, values go by kind, and their
numbers are rounded up: what is passed beyond the values of a state is `poison`, which costs nothing, and its words in the record are never read.

    leave3:                                                              define internal void @leave.0(ptr %context, ptr %descriptor, i64 %i0, ..
      %d3 = phi ptr [ @exit3, %exit3 ], [ @exit4, %exit4 ]                 %m0 = call ptr @make.make_range_iterator(i64 %i0, i64 %i1, i64 %i2)
      call void @leave.0(ptr %context, ptr %d3, i64 %x5.1, i64 %v2, ..)    %record = call ptr @whitehot_record(ptr %context, ptr %descriptor)
      ret { i64, ptr } { i64 1, ptr null }                                 store i64 %i0, ptr %record ..
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from whitehot.deopt.descriptors import Layout
from whitehot.ir.graph import Instruction, Value
from whitehot.ir.operation import Operation
from whitehot.ir.types import Kind
from whitehot.record import dataclass

#: The groups of parameters of leaving functions, by the letter of their names, and their types. `h` are references that native code holds.
_GROUPS = {"i": "i64", "p": "ptr", "h": "ptr", "d": "double", "b": "i1"}
_GROUP_OF = {Kind.I64: "i", Kind.OBJECT: "p", Kind.F64: "d", Kind.BOOL: "b"}

#: The number of values of a group is rounded up to a multiple of this.
_STEP = 4

_EXCEPTIONS = {
    "PyErr_GetRaisedException": "declare ptr @PyErr_GetRaisedException()",
    "PyErr_SetRaisedException": "declare void @PyErr_SetRaisedException(ptr)",
}

#: A value within a leaving function: a parameter's group and number, or `m` and the number of an object made there.
type Reference = tuple[str, int]

#: Objects to make, each by an operation from some values.
type Steps = tuple[tuple[Operation, tuple[Reference, ...]], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells leaving functions apart: how many parameters of each group, the objects to make, which of these nobody else holds, and
    whether an exception may be set meanwhile: calls in C take a result along with one for an error, so it is put aside.
    """

    widths: tuple[int, ...]
    steps: Steps
    made: tuple[int, ...]
    keeps_exception: bool

    def declarations(self) -> dict[str, str]:
        """The lines for C functions that are called."""
        return _EXCEPTIONS if self.keeps_exception else {}

    def words(self) -> list[Reference]:
        """The record, word by word. References to let go of come last."""
        counts = dict(zip(_GROUPS, self.widths, strict=True))
        plain = [(group, number) for group in "idbp" for number in range(counts[group])]
        lent = [("m", number) for number in range(len(self.steps)) if number not in self.made]
        return [*plain, *lent, *(("h", number) for number in range(counts["h"])), *(("m", n) for n in self.made)]


@dataclass(eq=False, slots=True)
class Record:
    """What one state's leaving function is given and stores. `held` are the references that native code owns there."""

    shape: Shape
    groups: dict[str, list[Value | None]]
    positions: dict[Value, int]
    owned: int

    @property
    def layout(self) -> Layout:
        """Where a descriptor says that the values are."""
        return Layout(self.positions, len(self.shape.words()), self.owned)


def record_of(values: Sequence[Value], held: Sequence[Value], lazy: set[Value], *, raised: bool = False) -> Record:
    """How a state's values, and the references held there, come into a record. `lazy` values are made on leaving paths only.

    `raised`: an exception may be set.
    """
    groups: dict[str, list[Value | None]] = {group: [] for group in _GROUPS}
    groups["h"] = [*[None] * (-len(held) % _STEP), *held]
    places: dict[Value, Reference] = {value: ("h", groups["h"].index(value)) for value in held}
    steps: list[tuple[Operation, tuple[Reference, ...]]] = []
    made: list[int] = []

    def place(value: Value) -> Reference:
        found = places.get(value)
        if found is not None:
            return found
        if value in lazy:
            producer = value.producer
            assert isinstance(producer, Instruction)
            operands = tuple([place(operand) for operand in producer.operands])
            found = places[value] = "m", len(steps)
            steps.append((producer.operation, operands))
            if producer.operation.new_reference:
                made.append(found[1])
            return found
        group = groups[_GROUP_OF[value.type.kind]]
        found = places[value] = _GROUP_OF[value.type.kind], len(group)
        group.append(value)
        return found

    # What is made comes first, so that its operands stand in the same places for all states that make the same.
    for value in sorted(values, key=lambda value: value not in lazy):
        place(value)
    for given in groups.values():
        given.extend([None] * (-len(given) % _STEP))
    shape = Shape(tuple(map(len, groups.values())), tuple(steps), tuple(made), raised and bool(steps))
    order = {reference: position for position, reference in enumerate(shape.words())}
    positions = {value: order[reference] for value, reference in places.items()}
    return Record(shape, groups, positions, len(held) + len(made))


class Leavers:
    """The leaving functions of one module, by their shape, and the makers that they call."""

    def __init__(self) -> None:
        self._names: dict[Shape, str] = {}
        self.makers: dict[Operation, str] = {}

    def name(self, shape: Shape) -> str:
        """The function of this shape."""
        for operation, _ in shape.steps:
            self.makers.setdefault(operation, f"make.{operation.name}")
        return self._names.setdefault(shape, f"leave.{len(self._names)}")

    def text(self) -> list[str]:
        """The definitions of all leaving functions."""
        return [line for shape, name in self._names.items() for line in self._function(name, shape)]

    def _function(self, name: str, shape: Shape) -> list[str]:
        parameters = "".join(
            f", {type} %{group}{number}"
            for (group, type), width in zip(_GROUPS.items(), shape.widths, strict=True)
            for number in range(width)
        )
        lines = [
            f'define internal void @"{name}"(ptr %context, ptr %descriptor{parameters}) noinline cold minsize optsize nounwind {{'
        ]
        if shape.keeps_exception:
            lines.append("  %raised = call ptr @PyErr_GetRaisedException()")
        for number, (operation, operands) in enumerate(shape.steps):
            given = _arguments(operation, operands, f"%row{number}", lines)
            lines.append(f'  %m{number} = call ptr @"{self.makers[operation]}"({given})')
        if shape.keeps_exception:
            lines.append("  call void @PyErr_SetRaisedException(ptr %raised)")
        lines.append("  %record = call ptr @whitehot_record(ptr %context, ptr %descriptor)")
        for index, (group, number) in enumerate(shape.words()):
            lines.append(f"  %at{index} = getelementptr i64, ptr %record, i64 {index}")
            if group == "b":
                lines.append(f"  %word{index} = zext i1 %b{number} to i64")
                lines.append(f"  store i64 %word{index}, ptr %at{index}")
            else:
                lines.append(f"  store {_GROUPS.get(group, 'ptr')} %{group}{number}, ptr %at{index}")
        return [*lines, "  ret void", "}"]


def _arguments(operation: Operation, operands: Iterable[Reference], row: str, lines: list[str]) -> str:
    """A maker's arguments; those of a variadic operation beyond the fixed ones as an array and a count."""
    typed = [f"{_GROUPS.get(group, 'ptr')} %{group}{number}" for group, number in operands]
    if not operation.variadic:
        return ", ".join(typed)
    fixed = len(operation.operands)
    rest = typed[fixed:]
    lines.append(f"  {row} = alloca [{len(rest) + 1} x ptr], align 8")
    for index, operand in enumerate(rest, 1):
        lines.append(f"  {row}.{index} = getelementptr ptr, ptr {row}, i64 {index}")
        lines.append(f"  store {operand}, ptr {row}.{index}")
    lines.append(f"  {row}.items = getelementptr ptr, ptr {row}, i64 1")
    return ", ".join([*typed[:fixed], f"ptr {row}.items", f"i64 {len(rest)}"])


def passed(record: Record, name_of: Callable[[Value], str]) -> str:
    """The arguments of the call of a record's leaving function, after context and descriptor."""
    return "".join(
        f", {type} {'poison' if value is None else name_of(value)}"
        for group, type in _GROUPS.items()
        for value in record.groups[group]
    )
