"""IR to machine code by copying stencils.

The blocks of a unit in an order in which most jumps fall through, then the ways out. Each instruction is a stencil (`text.variants`), chosen by
where its operands are: in slots (`slots.py`), in the constant pool, or, where it comes right after the instruction that made one, in a register.
"""

from __future__ import annotations

from whitehot.deopt.descriptors import Leaving
from whitehot.deopt.points import STRESSED, WORK_OF_CALL, ExitPoint
from whitehot.ir import ops
from whitehot.ir.boxes import UNBOX
from whitehot.ir.graph import Block, Function, Instruction, Symbol, Value
from whitehot.ir.ops.control import SPACING
from whitehot.ir.states import StateValues
from whitehot.ir.types import Kind, Type, abi_order
from whitehot.reasons import Reason
from whitehot.record import dataclass
from whitehot.stencil import library
from whitehot.stencil.assemble import Assembler, Label
from whitehot.stencil.forms import Form, form_of
from whitehot.stencil.leaving import WaysOut
from whitehot.stencil.places import Places
from whitehot.stencil.slots import Slots
from whitehot.stencil.stencil import MOST_ARGUMENTS, RESERVED, signature_name, stencil_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.bytecode.snapshot import CodeSnapshot
    from whitehot.elf import Machine, ObjectFile
    from whitehot.stencil.listing import Listing


@dataclass(frozen=True, slots=True)
class Emitted:
    """A unit's object and what its exits mean. `body` and `entry` are the names of the exported functions; `stencils` are those used, in order."""

    object: ObjectFile
    exits: tuple[ExitPoint, ...]
    body: str
    entry: str | None


def emit(
    function: Function,
    symbol: str,
    codes: dict[str, CodeSnapshot],
    machine: Machine,
    *,
    stress_exits: bool = False,
    listing: Listing | None = None,
) -> Emitted:
    """The object of a unit whose references are counted. `codes` maps owners of frames to their code. `listing` is told what was made of what."""
    emitter = Emitter(function, symbol, codes, machine, stress_exits)
    if listing is not None:
        emitter.listing = listing
        emitter.assembler.log = listing.log
    return emitter.run()


class Emitter:
    """Writes one unit."""

    def __init__(
        self, function: Function, symbol: str, codes: dict[str, CodeSnapshot], machine: Machine, stress_exits: bool
    ) -> None:
        self.function = function
        self.symbol = symbol
        self.stress_exits = stress_exits
        self.blocks = function.blocks()
        states = function.states or StateValues(self.blocks)
        self.lazy = states.lazy
        self.slots = Slots(self.blocks, states, len(RESERVED))
        self.resolve = self.slots.resolve
        self.assembler = Assembler(machine)
        self.places = Places(self.slots, self.assembler)
        self.ways_out = WaysOut(function, self.lazy, self.places, codes)
        self.labels = {block: Label() for block in self.blocks}
        #: The value that the instruction before has left in a register.
        self.carried: Value | None = None
        #: Where the operands of an instruction are that has been looked at: the instruction, what was in a register, the letters.
        self._foreseen: tuple[Instruction | None, Value | None, str] = (None, None, "")
        self.next: Block | None = None
        #: What a round counts for in loops whose safepoints seldom look; 0 where there are none.
        self.amount = _amount(self.blocks)
        #: The code of safepoints that look: its label, where it goes on, and where it leaves, when it is asked for anything and when the unit is hot.
        self._looks: list[tuple[Label, Label, Label, Label]] = []
        self.listing: Listing | None = None

    # --- the unit ---

    def run(self) -> Emitted:
        function, assembler = self.function, self.assembler
        assembler.name("unit.valid")
        assembler.data([1, 0, 0, 0, 0])
        assembler.name("unit.heat")
        assembler.data([0])
        start = Label()
        entry = None if function.is_loop else f"entry.{self.symbol}"
        if entry is not None:
            self._entry(entry, start)
        self._body(start)
        assembler.begin_function("code." + self.symbol)
        if entry is not None and not function.has_frame:
            self._take_arguments()
        assembler.place(start)
        if self.amount:
            assembler.put("safepoint.begin", {}, {}, {})
        if self.listing is not None:
            self.listing.rest("entries")
        order = self._order()
        for index, block in enumerate(order):
            self.next = order[index + 1] if index + 1 < len(order) else None
            if block.header is not None:
                assembler.align_loop()
            assembler.place(self.labels[block])
            if self.listing is not None:
                self.listing.block(block)
            self._block(block)
        self._look()
        assembler.name("unit.exits")
        assembler.data([0] * max(1, len(self.ways_out.exits)))
        self.ways_out.write(self.amount)
        if self.listing is not None:
            self.listing.rest("the ways out")
        assembler.end_function()
        size = self.places.size
        assembler.frame_size = 8 * (size + size % 2)
        return Emitted(assembler.finish(), tuple(self.ways_out.exits), self.symbol, entry)

    def _entry(self, name: str, start: Label) -> None:
        """What CPython calls."""
        assembler = self.assembler
        assembler.begin_function(name)
        if self.function.has_frame:
            assembler.put("entry.frame", {}, {}, {"CONTINUE": start})
        else:
            self.unboxing = Label()
            count = len(self.function.entry.parameters)
            stencil = f"entry.{self.function.result.kind.value}"
            assembler.put(stencil, {}, {"N": assembler.word(count)}, {"CONTINUE": self.unboxing})
        assembler.end_function()

    def _body(self, start: Label) -> None:
        """What other units, the entry of a function on a real frame, or the runtime (a loop) call."""
        function, assembler = self.function, self.assembler
        result = "f" if function.result.kind is Kind.F64 else "i"
        assembler.begin_function(self.symbol)
        if function.has_frame:
            assembler.put(f"body.frame.{result}", {}, {}, {"CONTINUE": start})
        else:
            parameters = function.entry.parameters
            types = [value.type for value in parameters]
            if len(types) <= MOST_ARGUMENTS:
                order = abi_order(types)
                slots = {f"S{place}": self.places.slot(parameters[index]) for place, index in enumerate(order)}
                assembler.put(f"body.{_signature(types, function.result)}", slots, {}, {"CONTINUE": start})
        assembler.end_function()

    def _take_arguments(self) -> None:
        """Put the arguments of a call into their slots, unboxed; give up where one has another type."""
        refused = Label()
        assembler = self.assembler
        assembler.place(self.unboxing)
        for index, value in enumerate(self.function.entry.parameters):
            slot = self.places.slot(value)
            assembler.put("argument", {"R": slot}, {"N": assembler.word(index)}, {})
            unbox = UNBOX.get(value.type.kind)
            if unbox is not None:
                assembler.put(stencil_name(unbox, "S", "S"), {"S0": slot, "R": slot}, {}, {"EXIT": refused})
        behind = Label()
        assembler.jump(behind)
        assembler.place(refused)
        assembler.put("refuse", {}, {}, {})
        assembler.place(behind)

    def _order(self) -> list[Block]:
        """The blocks as they are laid out: after each the one it most likely goes on to, cold ones last."""
        left = dict.fromkeys(self.blocks)
        order: list[Block] = []
        for cold in (False, True):
            for first in self.blocks:
                block: Block | None = first
                while block is not None and block in left and (cold or not block.cold):
                    del left[block]
                    order.append(block)
                    block = _likely_next(block)
        return order

    # --- instructions ---

    def _block(self, block: Block) -> None:
        lazy, known = self.lazy, library.forms
        instructions = [
            item for item in block.instructions if item.operation not in _NO_CODE and item.result not in lazy
        ]
        forms = [
            None if item.operation in _SPECIAL else known.get(item.operation) or form_of(item.operation)
            for item in instructions
        ]
        self.carried = None
        index, count, places, listing = 0, len(instructions), self.places, self.listing
        while index < count:
            instruction, form, before = instructions[index], forms[index], index
            places.scratch = 0
            index += 1
            if form is None:
                _SPECIAL[instruction.operation](self, instruction)
                self.carried = None
            elif not form.is_light:
                self._put(instruction, form, form.all_slots, form.plain, self._targets(instruction, form))
                self.carried = None
            elif self._expand(instruction, form, instructions[index], forms[index]):
                index += 1
            if listing is not None:
                listing.instructions(instructions[before:index])

    def _targets(self, instruction: Instruction, form: Form) -> dict[str, Label]:
        """The exits of an operation."""
        targets: dict[str, Label] = {}
        if form.leaves:
            operation = instruction.operation
            targets["EXIT"] = self.ways_out.leave(instruction, Leaving.RESUME, operation.exits)
            if self.stress_exits and operation.exits in STRESSED:
                self._stress(targets["EXIT"])
        if form.raises:
            targets["RAISE"] = self.ways_out.leave(instruction, Leaving.RAISE, Reason.RAISE)
        return targets

    def _expand(self, instruction: Instruction, form: Form, following: Instruction, after: Form | None) -> bool:
        """A light operation; whether the instruction that follows, which has the form `after`, is done with it."""
        targets = self._targets(instruction, form) if form.leaves or form.raises else {}
        kinds = self._kinds(instruction, form, self.carried)
        result = self._result_letter(instruction, form, kinds, following, after)
        if result == "B":
            self._branch_on(instruction, form, kinds, following, targets)
            return True
        self._put(instruction, form, kinds, result, targets)
        self.carried = None
        if result in _CARRIED:
            assert instruction.result is not None
            self.carried = self.slots.same.get(instruction.result, instruction.result)
        return False

    def _put(
        self, instruction: Instruction, form: Form, kinds: str, result: str, targets: dict[str, Label]
    ) -> str | None:
        """Copy the stencil of an operation."""
        places, same, of = self.places, self.slots.same, self.slots.of
        slots: dict[str, int] = {}
        pool: dict[str, int] = {}
        if instruction.attributes:
            for hole, attribute in zip(_ATTRIBUTE_HOLES, instruction.attributes, strict=False):
                pool[hole] = places.attribute(attribute)
        operands = instruction.operands
        for kind, value, slot_hole, pool_hole in zip(kinds, operands, _SLOT_HOLES, _POOL_HOLES, strict=False):
            if kind == "S":
                place = of.get(value)
                slots[slot_hole] = places.in_slot(value) if place is None else 8 * place
            elif kind == "K":
                pool[pool_hole] = places.constant(same.get(value, value))
        if form.operation.variadic:
            rest = operands[form.count :]
            slots["W"] = self._row(rest)
            pool["N"] = self.assembler.word(len(rest))
        if result in _STORED:
            slots["R"] = 8 * of[instruction.result]  # type: ignore[index]  # it has one
        return self.assembler.copy(form.stencil(kinds, result), slots, pool, targets)

    def _row(self, values: list[Value]) -> int:
        """The values in a row of scratch slots, with one spare word before it (a callee of vectorcall may use that)."""
        self.places.scratch_slot()
        places = [self.places.scratch_slot() for _ in values]
        for value, place in zip(values, places, strict=True):
            self.places.move(value, place)
        return places[0] if places else self.places.scratch_slot()

    def _kinds(self, instruction: Instruction, form: Form, carried: Value | None) -> str:
        """Where the operands of a light operation are, as the letters of a variant that there is."""
        foreseen, register, kinds = self._foreseen
        if foreseen is instruction and register is carried:
            return kinds
        kinds = ""
        same, constants = self.slots.same, self.slots.constants
        for value in instruction.operands:
            place = same.get(value, value)
            if place in constants:
                kinds += "K"
            elif place is carried and "R" not in kinds:
                kinds += "R"
            else:
                kinds += "S"
        kinds = form.kinds(kinds)
        self._foreseen = instruction, carried, kinds
        return kinds

    def _result_letter(
        self, instruction: Instruction, form: Form, kinds: str, following: Instruction, after: Form | None
    ) -> str:
        """What becomes of the result of a light operation."""
        result = instruction.result
        if result is None:
            return "-"
        if self.stress_exits:
            return form.plain
        place = self.slots.same.get(result, result)
        if place is not result:
            return "R" if kinds[0] == "R" and self._takes(following, after, place) else "-"
        single = self.slots.uses.get(place, 0) == 1
        if single and result.type.kind is Kind.BOOL and self._branches_on(following, result):
            return "B"
        if self._takes(following, after, place):
            return "R" if single else "D"
        return "S"

    def _branches_on(self, following: Instruction, condition: Value) -> bool:
        operation = following.operation
        return (operation is ops.branch or operation is ops.guard_true) and following.operands[0] is condition

    def _takes(self, following: Instruction, form: Form | None, value: Value) -> bool:
        """Whether an instruction of this form takes a value from its register."""
        if form is None:
            if following.operation is not ops.return_:
                return False
            return self.resolve(following.operands[0]) is value and value.type.kind is not Kind.OBJECT
        if not form.is_light:
            return False
        operands = following.operands
        if value not in operands:
            same = self.slots.same
            if same.keys().isdisjoint(operands) or value not in [same.get(item, item) for item in operands]:
                return False
        return "R" in self._kinds(following, form, value)

    def _branch_on(
        self, instruction: Instruction, form: Form, kinds: str, following: Instruction, targets: dict[str, Label]
    ) -> None:
        """A comparison and what depends on it."""
        if following.operation is ops.guard_true:
            behind = Label()
            leave = self.ways_out.leave(following, Leaving.RESUME, following.operation.exits)
            if self._put(instruction, form, kinds, "B", {**targets, "YES": behind, "NO": leave}) == "NO":
                self.assembler.jump(leave)
            self.assembler.place(behind)
        else:
            yes, no = (self.labels[edge.block] for edge in following.targets)
            tail = self._put(instruction, form, kinds, "B", {**targets, "YES": yes, "NO": no})
            if tail is not None:
                self._go_to(yes if tail == "YES" else no)
        self.carried = None

    def _go_to(self, label: Label) -> None:
        """Jump, unless the place comes next."""
        if self.next is None or self.labels[self.next] is not label:
            self.assembler.jump(label)

    def _stress(self, exit_label: Label) -> None:
        """Under WHITEHOT_STRESS=deopt: ask a countdown at each guard whether it fails this time."""
        number = len(self.ways_out.exits) - 1
        counter = self.assembler.address("unit.exits", 8 * number)
        self.assembler.put("stress", {}, {"P0": counter}, {"EXIT": exit_label})

    # --- operations without a body ---

    def _jump(self, instruction: Instruction) -> None:
        edge = instruction.targets[0]
        if edge.arguments:
            slots = self.slots
            same, of, constants = slots.same, slots.of, slots.constants
            moves: dict[int, int | Value] = {}
            for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                source = same.get(argument, argument)
                place = of[parameter]
                if source in constants:
                    moves[8 * place] = source
                elif of[source] != place:
                    moves[8 * place] = 8 * of[source]
            self._move_all(moves)
        self._go_to(self.labels[edge.block])

    def _move_all(self, moves: dict[int, int | Value]) -> None:
        """Moves that happen at once: each to a slot, from another one or of a constant."""
        while moves:
            sources = set(moves.values())
            ready = [place for place in moves if place not in sources]
            if not ready:
                # Only cycles are left: put one value aside.
                place, source = next(iter(moves.items()))
                assert isinstance(source, int)
                aside = self.places.scratch_slot()
                self.assembler.put("copy.S", {"S0": place, "R": aside}, {}, {})
                for other, wanted in moves.items():
                    if wanted == place:
                        moves[other] = aside
                ready = [place]
            for place in ready:
                source = moves.pop(place)
                if isinstance(source, int):
                    self.assembler.put("copy.S", {"S0": source, "R": place}, {}, {})
                else:
                    self.places.copy_constant(source, place)

    def _branch(self, instruction: Instruction) -> None:
        yes, no = (self.labels[edge.block] for edge in instruction.targets)
        slot = self.places.in_slot(instruction.operands[0])
        tail = self.assembler.put("branch.S", {"S0": slot}, {}, {"YES": yes, "NO": no})
        if tail is not None:
            self._go_to(yes if tail == "YES" else no)

    def _return(self, instruction: Instruction) -> None:
        value = self.resolve(instruction.operands[0])
        kind = "f" if value.type.kind is Kind.F64 else "i"
        if value in self.slots.constants:
            self.assembler.put(f"return.{kind}.K", {}, {"P0": self.places.constant(value)}, {})
        elif value is self.carried:
            self.assembler.put(f"return.{kind}.R", {}, {}, {})
        else:
            self.assembler.put(f"return.{kind}.S", {"S0": self.places.slot(value)}, {}, {})

    def _exit(self, instruction: Instruction) -> None:
        reason = Reason[str(instruction.attributes[0])]
        self.assembler.jump(self.ways_out.leave(instruction, Leaving.RESUME, reason))

    def _call_unit(self, instruction: Instruction) -> None:
        symbol, result = instruction.attributes[0], instruction.result
        assert isinstance(symbol, Symbol)
        assert result is not None
        types = [value.type for value in instruction.operands]
        slots = {
            f"S{place}": self.places.in_slot(instruction.operands[index])
            for place, index in enumerate(abi_order(types))
        }
        slots["R"] = 8 * self.slots.of[result]
        if self.function.is_loop:
            self.assembler.put("count_work", {}, {"N": self.assembler.word(WORK_OF_CALL)}, {})
        leave = self.ways_out.leave(instruction, Leaving.CALLER, Reason.CALLEE_LEFT)
        signature = _signature(types, result.type)
        if symbol.name == self.symbol:
            self.assembler.put(f"call.{signature}", slots, {}, {"EXIT": leave}, symbol.name)
        else:  # another unit: the symbol is that of the cell with the address of its body
            cell = self.assembler.address(symbol.name)
            self.assembler.put(f"call_cell.{signature}", slots, {"P0": cell}, {"EXIT": leave})

    def _check_breaker(self, instruction: Instruction) -> None:
        label = self.ways_out.leave(instruction, Leaving.RESUME, Reason.BREAKER)
        if self.stress_exits:
            self._stress(label)
        self.assembler.put("check_breaker.loop" if self.function.is_loop else "check_breaker", {}, {}, {"EXIT": label})

    def _safepoint(self, instruction: Instruction) -> None:
        """A countdown; what it comes to is cold code."""
        asked = self.ways_out.leave(instruction, Leaving.RESUME, Reason.BREAKER)
        hot = self.ways_out.leave(instruction, Leaving.RESUME, Reason.TIER_UP)
        if self.stress_exits:
            self._stress(asked)
        look, behind = Label(), Label()
        self.assembler.put("safepoint", {}, {}, {"EXIT": look})
        self.assembler.place(behind)
        self._looks.append((look, behind, asked, hot))

    def _look(self) -> None:
        """The cold code of safepoints."""
        for look, behind, asked, hot in self._looks:
            self.assembler.place(look)
            amount = self.assembler.word(SPACING * self.amount)
            targets = {"CONTINUE": behind, "EXIT": asked, "NO": hot}
            tail = self.assembler.put("safepoint.look", {}, {"N": amount}, targets)
            if tail is not None:
                self.assembler.jump(targets[tail])

    def _unreachable(self, instruction: Instruction) -> None:
        """Nothing comes here."""


def _amount(blocks: list[Block]) -> int:
    for block in blocks:
        for instruction in block.instructions:
            if instruction.operation is ops.safepoint:
                amount = instruction.attributes[0]
                assert isinstance(amount, int)
                return amount
    return 0


def _likely_next(block: Block) -> Block | None:
    targets = [edge.block for edge in block.terminator.targets]
    if len(targets) == 2 and (targets[0].cold or block.terminator.attributes[:1] == (False,)):
        targets.reverse()
    return targets[0] if targets else None


def _signature(types: list[Type], result: Type) -> str:
    floats = sum(type.kind is Kind.F64 for type in types)
    return signature_name(len(types) - floats, floats, "f" if result.kind is Kind.F64 else "i")


#: Operations that stand for no code.
_NO_CODE = frozenset({ops.constant, ops.known_bound})

#: What becomes of a result that stays in a register, and of one that is stored in its slot.
_CARRIED = frozenset({"R", "D"})
_STORED = frozenset({"S", "D"})

#: Names of the holes for operands.
_SLOT_HOLES = tuple(f"S{number}" for number in range(9))
_ATTRIBUTE_HOLES = tuple(f"A{number}" for number in range(4))
_POOL_HOLES = tuple(f"P{number}" for number in range(9))

_SPECIAL = {
    ops.jump: Emitter._jump,
    ops.branch: Emitter._branch,
    ops.return_: Emitter._return,
    ops.exit: Emitter._exit,
    ops.call_unit: Emitter._call_unit,
    ops.check_breaker: Emitter._check_breaker,
    ops.safepoint: Emitter._safepoint,
    ops.unreachable: Emitter._unreachable,
}
