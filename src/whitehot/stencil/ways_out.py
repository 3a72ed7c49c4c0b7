"""How a unit leaves: the cold code of its exits, and what they are described by.

An exit's code stores the address of its descriptor, makes the objects that only leaving needs, and has the runtime record what the state's slots hold
(`whitehot_record_slots`). Exits with the same state share it.
"""

from __future__ import annotations

from whitehot.deopt.descriptors import Address, Layout, Leaving, Word, are_locals_kept, describe, recorded_values
from whitehot.deopt.points import ExitPoint
from whitehot.ir.graph import Instruction, Value
from whitehot.reasons import Reason
from whitehot.stencil.assemble import Label
from whitehot.stencil.places import constant_word
from whitehot.stencil.slots import is_constant
from whitehot.stencil.stencil import stencil_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.bytecode.snapshot import CodeSnapshot
    from whitehot.ir.graph import FrameState, Function
    from whitehot.stencil.places import Places


class _Tail:
    """A state to leave with, and the exits that leave with it: their numbers and labels; then what has to be made, and where each one's pool word is."""

    __slots__ = ("keeps", "labels", "lazy", "leaving", "made", "numbers", "owned", "state", "values", "words")

    def __init__(self, state: FrameState, leaving: Leaving, owned: tuple[Value, ...], keeps: bool) -> None:
        self.state = state
        self.leaving = leaving
        self.owned = owned
        self.keeps = keeps
        self.numbers: list[int] = []
        self.labels: list[Label] = []
        self.values: dict[Value, None] = {}
        self.lazy: tuple[Value, ...] = ()
        self.made: dict[Value, int] = {}
        self.words: list[tuple[int, int]] = []


class WaysOut:
    """The exits of one unit. `lazy` are the values that only leaving needs."""

    def __init__(self, function: Function, codes: dict[str, CodeSnapshot], lazy: set[Value], places: Places) -> None:
        self.function = function
        self.codes = codes
        self.lazy = lazy
        self.places = places
        self.assembler = places.assembler
        self.exits: list[ExitPoint] = []
        self._tails: dict[tuple[FrameState, Leaving, tuple[Value, ...], bool], _Tail] = {}

    def leave(self, instruction: Instruction, leaving: Leaving, reason: Reason | None) -> Label:
        """Where to go in order to leave at this instruction."""
        state = instruction.state
        assert state is not None, instruction.name
        assert reason is not None
        number = len(self.exits)
        self.exits.append(ExitPoint(state.code.name, state.offset, reason, instruction.name))
        keeps = are_locals_kept(self.function, instruction, leaving)
        key = (state, leaving, instruction.owned, keeps)
        tail = self._tails.get(key)
        if tail is None:
            tail = self._tails[key] = _Tail(state, leaving, instruction.owned, keeps)
        label = Label()
        tail.numbers.append(number)
        tail.labels.append(label)
        return label

    def emit(self) -> None:
        """The cold code of all exits: it says which one it is, makes the objects that only leaving needs, and has the slots recorded."""
        groups: dict[tuple[tuple[Value, ...], bool], list[_Tail]] = {}
        for tail in self._tails.values():
            tail.values = dict.fromkeys(recorded_values(tail.state, keeps_locals=tail.keeps))
            tail.lazy = self._lazy_inside(tail.values) if self.lazy else ()
            raised = bool(tail.lazy) and tail.leaving is not Leaving.RESUME
            groups.setdefault((tail.lazy, raised), []).append(tail)
        leave = Label()
        for (lazy, raised), tails in groups.items():
            behind = Label()
            for tail in tails:
                self._say_which(tail, behind if lazy else leave)
            if lazy:
                self.assembler.place(behind)
                made = self._make_all(lazy, raised)
                self.assembler.jump(leave)
                for tail in tails:
                    tail.made = made
        self.assembler.place(leave)
        count, constants, more = (self.assembler.reserve() for _ in range(3))
        pool = {"N": count, "P0": constants, "P1": more}
        self.assembler.put("leave.loop" if self.function.is_loop else "leave.function", {}, pool, {})
        self._describe_all(count, constants, more)

    def _say_which(self, tail: _Tail, then: Label) -> None:
        for number, label in zip(tail.numbers, tail.labels, strict=True):
            self.assembler.place(label)
            word = self.assembler.reserve()
            tail.words.append((number, word))
            self.assembler.put("exit", {}, {"P0": word}, {})
            self.assembler.jump(then)

    def _describe_all(self, count: int, constants: int, more: int) -> None:
        """The descriptors. A record holds all slots, then constants, then the references to let go of."""
        assembler = self.assembler
        size = self.places.size
        #: What is known of frames, for all states that make the same objects: those lie in the same slots then.
        known: dict[tuple[tuple[Value, ...], bool], dict[tuple[FrameState, bool], list[Word]]] = {}
        positions: dict[Value, int] = dict(self.places.slots.of)
        used: dict[Value, int] = {}

        def position(value: Value) -> int:
            resolved = self.places.resolve(value)
            if is_constant(resolved):
                return used.setdefault(resolved, size + len(used))
            return self.places.slots.of[resolved]

        for tail in self._tails.values():
            for value in (*tail.values, *tail.owned):
                if value not in positions and value not in tail.made:
                    positions[value] = position(value)
        constants_at = assembler.data([constant_word(value) for value in used])
        for tail in self._tails.values():
            positions.update(tail.made)
            places = [position(value) for value in tail.owned]  # one that is held twice stands there twice
            places += [tail.made[value] for value in tail.lazy if _makes_reference(value)]
            layout = Layout(positions, size + len(used) + len(places), len(places))
            alike = known.setdefault((tail.lazy, tail.leaving is Leaving.RESUME), {})
            for number, word in tail.words:
                assembler.data([*reversed(places)])
                kind = Leaving.TIER_UP if self.exits[number].reason is Reason.TIER_UP else tail.leaving
                words = describe(number, kind, tail.state, layout, self.codes, keeps_locals=tail.keeps, known=alike)
                assembler.fill(word, Address("unit.valid", assembler.data(words)))
        assembler.fill(count, size)
        assembler.fill(constants, Address("unit.valid", constants_at))
        assembler.fill(more, len(used))

    def _lazy_inside(self, values: dict[Value, None]) -> tuple[Value, ...]:
        """The lazy values among these and what they are made from, in the order in which they are made."""
        found: dict[Value, None] = {}

        def visit(value: Value) -> None:
            if value in self.lazy and value not in found:
                producer = value.producer
                assert isinstance(producer, Instruction)
                for operand in producer.operands:
                    visit(operand)
                found[value] = None

        for value in values:
            visit(value)
        return tuple(found)

    def _make_all(self, lazy: tuple[Value, ...], raised: bool) -> dict[Value, int]:
        """Make the objects that only leaving needs; the numbers of the slots where they are then. An exception that is being raised is put aside."""
        self.places.reuse_scratch()
        if raised:
            self.assembler.put("raised.save", {}, {}, {})
        made: dict[Value, int] = {}
        for value in lazy:
            producer = value.producer
            assert isinstance(producer, Instruction)
            places = [
                8 * made[operand] if operand in made else self.places.in_slot(operand) for operand in producer.operands
            ]
            made[value] = self._make(producer, places) // 8
        if raised:
            self.assembler.put("raised.restore", {}, {}, {})
        return made

    def _make(self, producer: Instruction, places: list[int]) -> int:
        """Do an operation for leaving paths, which are never hot, on operands in slots; its result's slot."""
        operation = producer.operation
        fixed = len(operation.operands)
        slots = {f"S{index}": place for index, place in enumerate(places[:fixed])}
        pool = {f"A{index}": self.places.attribute(item) for index, item in enumerate(producer.attributes)}
        if operation.variadic:
            self.places.scratch_slot()
            row = [self.places.scratch_slot() for _ in places[fixed:]] or [self.places.scratch_slot()]
            for source, place in zip(places[fixed:], row, strict=False):
                self.assembler.put("copy.S", {"S0": source, "R": place}, {}, {})
            slots["W"] = row[0]
            pool["N"] = self.assembler.word(len(places) - fixed)
        result = slots["R"] = self.places.scratch_slot()
        self.assembler.put(stencil_name(operation, "S" * fixed, "S"), slots, pool, {})
        return result


def _makes_reference(value: Value) -> bool:
    producer = value.producer
    return isinstance(producer, Instruction) and producer.operation.new_reference
