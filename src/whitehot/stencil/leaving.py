"""The ways out of a unit: cold code, and the descriptors of its exits.

An exit's code stores the address of its descriptor and goes on to code that it shares with others: that makes the objects which only leaving needs,
and has the runtime record what the slots hold (`whitehot_record_slots`). A record holds all slots, then constants, then the references to let go of.
"""

from __future__ import annotations

from whitehot.deopt.descriptors import (
    COUNTER,
    Leaving,
    are_locals_kept,
    describe_exit,
    describe_frame,
    describe_slot,
    describe_slots,
)
from whitehot.deopt.points import ExitPoint
from whitehot.ir.graph import FrameState, Function, Instruction, Value
from whitehot.reasons import Reason
from whitehot.stencil import library
from whitehot.stencil.assemble import Label
from whitehot.stencil.forms import form_of
from whitehot.stencil.places import Places, constant_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whitehot.bytecode.snapshot import CodeSnapshot


class _Tail:
    """A state to leave with, and the exits that leave with it: their numbers, labels, and the pool words of their descriptors' addresses.

    `keeps`: locals of the real frame stay as they are. `lazy` are the values that have to be made first, `made` the slots where they are then. `chain` are
    the frames, outermost first, and `frames` what they are described by; `places` are where the references to let go of are.
    """

    __slots__ = ("chain", "frames", "keeps", "labels", "lazy", "leaving", "made", "numbers", "owned", "places", "words")

    frames: list[_Described]
    labels: list[Label]
    lazy: tuple[Value, ...]
    made: dict[Value, int]
    numbers: list[int]
    places: list[int]
    words: list[int]

    def __init__(self, state: FrameState, leaving: Leaving, owned: tuple[Value, ...], keeps: bool) -> None:
        self.chain = [state] if state.caller is None else state.frames()
        self.leaving = leaving
        self.owned = owned
        self.keeps = keeps
        self.numbers = []
        self.labels = []
        self.lazy = ()
        self.made = _NOTHING_MADE


_NOTHING_MADE: dict[Value, int] = {}

#: The words of a frame, and the list of those places in the data to which the address of its owner is to be added.
type _Described = tuple[list[int], list[int]]


class _Known(dict["Value | None", int]):
    """How slots that hold a value are described, and frames, where the objects in `made` have been made."""

    __slots__ = ("frames", "made", "places", "position")

    def __init__(
        self, slots: dict[Value | None, int], made: dict[Value, int], position: Callable[[Value], int]
    ) -> None:
        super().__init__(slots)
        self.made = made
        self.position = position
        #: Where the references are that making the objects has given.
        self.places = [place for value, place in made.items() if _makes_reference(value)]
        #: By frame, whether it is at a call, and whether its locals are kept.
        self.frames: dict[tuple[FrameState, bool, bool], _Described] = {}

    def __missing__(self, value: Value) -> int:
        place = self.made.get(value)
        word = self[value] = describe_slot(value, self.position(value) if place is None else place)
        return word


class WaysOut:
    """Collects the exits of a unit while it is emitted; then writes them."""

    def __init__(self, function: Function, lazy: set[Value], places: Places, codes: dict[str, CodeSnapshot]) -> None:
        self.function = function
        self.lazy = lazy
        self.places = places
        self.assembler = places.assembler
        self.codes = codes
        self.exits: list[ExitPoint] = []
        self._tails: dict[tuple[FrameState, Leaving, tuple[Value, ...], bool], _Tail] = {}
        #: Constants that states hold, and their positions in a record.
        self._constants: dict[Value, int] = {}
        #: The lazy values among locals of states, and in all what has to be made for some of them.
        self._lazy_among: dict[tuple[Value | None, ...], tuple[Value, ...]] = {}
        self._lazy_within: dict[tuple[Value, ...], tuple[Value, ...]] = {}

    def leave(self, instruction: Instruction, leaving: Leaving, reason: Reason | None) -> Label:
        """Where to go in order to leave at an instruction: a new exit."""
        state, owned = instruction.state, instruction.owned
        assert state is not None, instruction.name
        assert reason is not None
        keeps = are_locals_kept(self.function, instruction, leaving)
        key = state, leaving, owned, keeps
        tail = self._tails.get(key)
        if tail is None:
            tail = self._tails[key] = _Tail(state, leaving, owned, keeps)
        label = Label()
        tail.numbers.append(len(self.exits))
        tail.labels.append(label)
        self.exits.append(ExitPoint(state.code.name, state.offset, reason, instruction.operation.name))
        return label

    def write(self, amount: int) -> None:
        """The cold code of all exits, and their descriptors. `amount` is what a round counts for where safepoints seldom look, else 0."""
        assembler = self.assembler
        groups: dict[tuple[tuple[Value, ...], bool], list[_Tail]] = {}
        for tail in self._tails.values():
            if self.lazy:
                tail.lazy = self._lazy_inside(tail)
            raised = bool(tail.lazy) and tail.leaving is not Leaving.RESUME
            groups.setdefault((tail.lazy, raised), []).append(tail)
        leave, stencil = Label(), library.get("exit")
        for (lazy, raised), tails in groups.items():
            behind = Label()
            for tail in tails:
                tail.words = assembler.put_exits(stencil, tail.labels, behind if lazy else leave)
            if lazy:
                assembler.place(behind)
                made = self._make_all(lazy, raised)
                assembler.jump(leave)
                for tail in tails:
                    tail.made = made
        assembler.place(leave)
        count, constants, more = (assembler.reserve() for _ in range(3))
        pool = {"N": count, "P0": constants, "P1": more}
        if self.function.is_loop and amount:
            assembler.put("leave.loop.spaced", {}, {**pool, "A0": assembler.word(amount)}, {})
        else:
            assembler.put("leave.loop" if self.function.is_loop else "leave.function", {}, pool, {})
        self._describe_all()
        constants_at = assembler.data([constant_word(value) for value in self._constants])
        self._write_descriptors()
        assembler.fill(count, self.places.size)
        assembler.fill(constants, constants_at, assembler.words_of("unit.valid"))
        assembler.fill(more, len(self._constants))

    # --- descriptors ---

    def _describe_all(self) -> None:
        """Find the places of all values that are recorded."""
        slots = describe_slots(self.places.slots.of)
        slots.update({value: slots[other] for value, other in self.places.slots.same.items() if other in slots})
        #: What is known where the same objects have been made: those lie in the same slots then.
        known: dict[tuple[Value, ...], _Known] = {}
        for tail in self._tails.values():
            alike = known.get(tail.lazy)
            if alike is None or (alike.made is not tail.made and alike.made != tail.made):
                alike = known[tail.lazy] = _Known(slots, tail.made, self._position)
            is_call, kept = True, tail.keeps
            tail.frames = []
            for frame in tail.chain:
                if frame is tail.chain[-1]:
                    is_call = tail.leaving is Leaving.CALLER
                key = frame, is_call, kept
                found = alike.frames.get(key)
                if found is None:
                    found = alike.frames[key] = self._describe(frame, alike, is_call=is_call, kept=kept)
                tail.frames.append(found)
                kept = False
            # One that is held twice stands there twice.
            tail.places = [alike[value] // 8 for value in tail.owned]
            tail.places += alike.places

    def _describe(self, frame: FrameState, known: _Known, *, is_call: bool, kept: bool) -> _Described:
        owner = frame.code.name
        words = [0, *describe_frame(frame, self.codes[owner], is_call=is_call, keeps_locals=kept)]
        if not kept:
            words += map(known.__getitem__, frame.locals)
        if frame.stack:
            words += map(known.__getitem__, frame.stack)
        return words, self.assembler.places_of(owner)

    def _position(self, value: Value) -> int:
        """Where a value is in a record."""
        slots = self.places.slots
        value = slots.same.get(value, value)
        place = slots.of.get(value)
        if place is None:
            place = self._constants.setdefault(value, self.places.size + len(self._constants))
        return place

    def _write_descriptors(self) -> None:
        """Before each descriptor is a row of where the references to let go of are, the last one first."""
        assembler, before = self.assembler, self.places.size + len(self._constants)
        data, counters = assembler.words, assembler.places_of("unit.exits")
        variables = assembler.words_of("unit.valid")
        exits, tier_up = self.exits, Reason.TIER_UP
        for tail in self._tails.values():
            places = tail.places[::-1]
            owned, count, frames = len(places), before + len(places), len(tail.frames)
            for number, word in zip(tail.numbers, tail.words, strict=True):
                kind = Leaving.TIER_UP if exits[number].reason is tier_up else tail.leaving
                data += places
                start = len(data)
                assembler.fill(word, 8 * start, variables)
                counters.append(start + COUNTER)
                data += describe_exit(number, kind, count, owned, frames)
                for words, owners in tail.frames:
                    owners.append(len(data))
                    data += words

    # --- objects that only leaving needs ---

    def _lazy_inside(self, tail: _Tail) -> tuple[Value, ...]:
        """The lazy values that a state records and what they are made from, in the order in which they are made."""
        known = self._lazy_among
        recorded: tuple[Value, ...] = ()
        kept = tail.keeps
        for frame in tail.chain:
            if not kept:
                among = known.get(frame.locals)
                if among is None:
                    among = known[frame.locals] = self._lazy_of(frame.locals)
                recorded += among
            if frame.stack:
                recorded += self._lazy_of(frame.stack)
            kept = False
        if not recorded:
            return ()
        within = self._lazy_within.get(recorded)
        if within is None:
            within = self._lazy_within[recorded] = self._made_for(recorded)
        return within

    def _lazy_of(self, entries: tuple[Value | None, ...]) -> tuple[Value, ...]:
        """The lazy values among entries of states."""
        lazy = self.lazy
        return () if lazy.isdisjoint(entries) else tuple([value for value in entries if value in lazy])

    def _made_for(self, recorded: tuple[Value, ...]) -> tuple[Value, ...]:
        """All that has to be made for lazy values, in order."""
        lazy = self.lazy
        found: dict[Value, None] = {}

        def visit(value: Value) -> None:
            if value in lazy and value not in found:
                producer = value.producer
                assert isinstance(producer, Instruction)
                for operand in producer.operands:
                    visit(operand)
                found[value] = None

        for value in recorded:
            visit(value)
        return tuple(found)

    def _make_all(self, lazy: tuple[Value, ...], raised: bool) -> dict[Value, int]:
        """Make the objects that only leaving needs; the numbers of the slots where they are then. An exception that is being raised is put aside."""
        places = self.places
        places.scratch = 0
        if raised:
            self.assembler.put("raised.save", {}, {}, {})
        made: dict[Value, int] = {}
        for value in lazy:
            producer = value.producer
            assert isinstance(producer, Instruction)
            operands = [8 * made[item] if item in made else places.in_slot(item) for item in producer.operands]
            made[value] = self._make(producer, operands) // 8
        if raised:
            self.assembler.put("raised.restore", {}, {}, {})
        return made

    def _make(self, producer: Instruction, operands: list[int]) -> int:
        """Do an operation for leaving paths, which are never hot, on operands in slots; its result's slot."""
        form, places = form_of(producer.operation), self.places
        slots = {f"S{index}": place for index, place in enumerate(operands[: form.count])}
        pool = {f"A{index}": places.attribute(item) for index, item in enumerate(producer.attributes)}
        if producer.operation.variadic:
            rest = operands[form.count :]
            places.scratch_slot()
            row = [places.scratch_slot() for _ in rest] or [places.scratch_slot()]
            for source, place in zip(rest, row, strict=False):
                self.assembler.put("copy.S", {"S0": source, "R": place}, {}, {})
            slots["W"] = row[0]
            pool["N"] = self.assembler.word(len(rest))
        result = slots["R"] = places.scratch_slot()
        self.assembler.copy(form.stencil(form.all_slots, "S"), slots, pool, {})
        return result


def _makes_reference(value: Value) -> bool:
    producer = value.producer
    return isinstance(producer, Instruction) and producer.operation.new_reference
