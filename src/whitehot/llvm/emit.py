"""IR to the text of an LLVM module.

A unit's module has the body (`unit.NAME`), for functions an entry that follows the vectorcall protocol, the exit descriptors,
and two variables that the runtime reads and writes: `unit.valid` (0 once an assumption broke) and `unit.exits` (a counter for each exit).

`unit.valid` is followed by how often the unit was entered from outside, how many such entries are going on, how many functions the runtime pointed at
it (runtime/retirement.py), for loops how much they did in all, and `unit.heat`: how much baseline code may still do until it leaves and the
runtime is told (runtime/tiering.py).

The body takes the thread state, the context (see `runtime/native_context.py`) and, on a real frame, that frame; else the
arguments: those in general registers first, then floats (`abi_order`), a bool as a whole word. It gives back a status and the result: status 1 means that it left, and all there is to say is in the context's records. A loop's body always leaves,
and gives back how much it did instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from whitehot import lowlevel
from whitehot.bytecode.snapshot import CodeSnapshot
from whitehot.cpython.layout import ThreadState
from whitehot.cpython.structure import offset_of
from whitehot.deopt.descriptors import Leaving, Word, are_locals_kept, describe, recorded_values
from whitehot.deopt.points import STRESSED, WORK_OF_CALL, ExitPoint
from whitehot.elf import Machine, host_machine
from whitehot.ir import ops
from whitehot.ir.graph import Attribute, Block, Edge, FrameState, Function, Instruction, Symbol, Value
from whitehot.ir.operation import Operation
from whitehot.ir.ops.control import SPACING
from whitehot.ir.states import lazy_values
from whitehot.ir.types import Kind, Type, abi_order
from whitehot.llvm.entry import entry_of_function, entry_on_frame
from whitehot.llvm.leaving import Leavers, Record, passed, record_of
from whitehot.llvm.text import Text, abi_type, llvm_type
from whitehot.passes.counters import INSTRUCTIONS_OF_WORK
from whitehot.reasons import Reason
from whitehot.record import dataclass, field


@dataclass(frozen=True, slots=True)
class EmittedModule:
    """LLVM IR text and what its exits mean. `body` and `entry` are the names of the exported functions."""

    text: str
    exits: tuple[ExitPoint, ...]
    body: str
    entry: str | None


def emit(
    function: Function, symbol: str, codes: dict[str, CodeSnapshot], *, stress_exits: bool = False
) -> EmittedModule:
    """The module of a unit whose references are counted. `codes` maps owners of frames to their code."""
    return Emitter(function, symbol, codes, stress_exits).run()


def template_of(operation: Operation) -> lowlevel.Template:
    """The operation's body as a template; translated once per process."""
    assert operation.body is not None
    return lowlevel.translate(operation.body, attributes=operation.attributes)


@dataclass(eq=False, slots=True)
class _Tail:
    """Code that records one state and returns; `arriving` are the arms of the phi that tells the exits apart."""

    label: str
    record: Record
    lines: list[str]
    arriving: list[str] = field(default_factory=list)


class Emitter:
    """Writes one unit's module."""

    def __init__(self, function: Function, symbol: str, codes: dict[str, CodeSnapshot], stress_exits: bool) -> None:
        self.function = function
        self.symbol = symbol
        self.codes = codes
        self.stress_exits = stress_exits
        self.blocks = function.blocks()
        self.labels = {block: f"b{number}" for number, block in enumerate(self.blocks)}
        self.names: dict[Value, str] = {}
        self.lazy = lazy_values(function)
        self.declarations: dict[str, str] = {}
        self.allocas: list[str] = []
        self.cold: list[str] = []
        self.descriptors: list[str] = []
        self.exits: list[ExitPoint] = []
        self.tails: dict[tuple[FrameState, Leaving, tuple[Value, ...], bool], _Tail] = {}
        self.leavers = Leavers()
        self.arriving: dict[Block, list[tuple[str, Edge]]] = {block: [] for block in self.blocks}
        self.counter = 0
        self.result = abi_type(function.result)
        #: What a round of a loop counts for: more where there is much in it.
        self.work_of_round = 1 + sum(len(block.instructions) for block in self.blocks) // INSTRUCTIONS_OF_WORK
        if function.is_loop:
            self.allocas += ["  %work = alloca i64, align 8", "  store i64 0, ptr %work"]

    # --- the module ---

    def run(self) -> EmittedModule:
        signature = self._signature()
        texts = [self._block(block) for block in self.blocks]
        parts = [signature, "entry:", *self.allocas, f"  br label %{self.labels[self.blocks[0]]}"]
        for block, text in zip(self.blocks, texts, strict=True):
            parts.append(f"{text.label}:")
            parts += self._phis(block)
            parts += text.lines
        parts += self.cold
        parts += self._tails()
        parts.append("}")
        parts += self.leavers.text()
        for operation, name in self.leavers.makers.items():
            parts += self._maker(operation, name)
        entry = None
        if not self.function.is_loop:
            entry = "entry." + self.symbol
            parts += entry_on_frame(self, entry) if self.function.has_frame else entry_of_function(self, entry)
        head = [
            "@unit.valid = global [6 x i64] [i64 1, i64 0, i64 0, i64 0, i64 0, i64 1], align 8",
            "@unit.heat = alias i64, getelementptr (i64, ptr @unit.valid, i64 5)",
            f"@unit.exits = global [{max(1, len(self.exits))} x i64] zeroinitializer, align 8",
            *self.descriptors,
        ]
        own = {self.symbol, "unit.valid", "unit.heat", "unit.exits"}
        declared = [line for name, line in self.declarations.items() if name not in own]
        whole = "\n".join([*declared, *head, *parts, lowlevel.METADATA, ""])
        return EmittedModule(whole, tuple(self.exits), self.symbol, entry)

    def _signature(self) -> str:
        parameters = ["ptr %thread", "ptr %context"]
        if self.function.has_frame:
            parameters.append("ptr %frame")
        else:
            words = self.function.entry.parameters
            for index, value in enumerate(words):
                name = self.names[value] = f"%argument{index}"
                if value.type.kind is Kind.BOOL:
                    self.allocas.append(f"  {name} = trunc i64 {name}.word to i1")
            parameters += (
                f"{abi_type(words[index].type)} %argument{index}{_WORD.get(words[index].type.kind, '')}"
                for index in abi_order([value.type for value in words])
            )
        self.declare("whitehot_record", "declare ptr @whitehot_record(ptr, ptr) cold")
        self.declare("whitehot_breaker", "@whitehot_breaker = external global i64")
        self.allocas.insert(0, "  %breaker = load i64, ptr @whitehot_breaker")
        return f'define {{ i64, {self.result} }} @"{self.symbol}"({", ".join(parameters)}) {{'

    def declare(self, name: str, line: str) -> None:
        self.declarations.setdefault(name, line)

    def _symbol(self, name: str) -> str:
        self.declare(name, f'@"{name}" = external global i8')
        return f'@"{name}"'

    def _phis(self, block: Block) -> list[str]:
        if block is self.function.entry:
            return []
        lines = []
        for index, parameter in enumerate(block.parameters):
            arms = ", ".join(
                f"[ {self.name(edge.arguments[index])}, %{label} ]" for label, edge in self.arriving[block]
            )
            lines.append(f"  {self.name(parameter)} = phi {llvm_type(parameter.type)} {arms}")
        return lines

    # --- values ---

    def name(self, value: Value) -> str:
        found = self.names.get(value)
        if found is None:
            producer = value.producer
            if isinstance(producer, Instruction) and producer.operation is ops.constant:
                found = self._constant(producer.attributes[0], value.type)
            else:
                self.counter += 1
                found = f"%v{self.counter}"
            self.names[value] = found
        return found

    def _constant(self, value: Attribute, type: Type) -> str:
        if isinstance(value, Symbol):
            return self._symbol(value.name)
        if value is None:
            return "null"
        if type.kind is Kind.F64:
            assert isinstance(value, float)
            return lowlevel.float_literal(value)
        if type.kind is Kind.BOOL:
            return "true" if value else "false"
        assert isinstance(value, int)
        return lowlevel.integer_literal(value)

    def _attribute(self, value: Attribute) -> str:
        if value is None:
            return "null"
        return self._symbol(value.name) if isinstance(value, Symbol) else lowlevel.integer_literal(int(value))

    # --- instructions ---

    def _block(self, block: Block) -> Text:
        text = Text(self.labels[block])
        text.end = text.label
        for instruction in block.instructions:
            if instruction.operation is ops.constant or (
                instruction.result is not None and instruction.result in self.lazy
            ):
                continue
            self._instruction(instruction, text)
        return text

    def _instruction(self, instruction: Instruction, text: Text) -> None:
        special = _SPECIAL.get(instruction.operation)
        if special is not None:
            special(self, instruction, text)
        else:
            self._expand(instruction, text)

    def _expand(self, instruction: Instruction, text: Text) -> None:
        """An operation with a body."""
        operation = instruction.operation
        exit_label = raise_label = None
        template = template_of(operation)
        if template.can_exit:
            exit_label = self._leave(instruction, Leaving.RESUME, operation.exits)
            if self.stress_exits and operation.exits in STRESSED:
                self._stress(text, exit_label)
        if template.can_raise:
            raise_label = self._leave(instruction, Leaving.RAISE, Reason.RAISE)
        result = self.instantiate(
            operation, self._arguments(instruction, text), instruction.attributes, exit_label, raise_label, text
        )
        if instruction.result is not None:
            assert result is not None
            self.names[instruction.result] = self._settled(instruction.result, result, text)

    def _settled(self, value: Value, result: str, text: Text) -> str:
        """Values that phis of earlier blocks already name get that name."""
        early = self.names.get(value)
        if early is None:
            return result
        type = llvm_type(value.type)
        text.lines.append(f"  {early} = select i1 true, {type} {result}, {type} {result}")
        return early

    def instantiate(
        self,
        operation: Operation,
        operands: Sequence[str],
        attributes: Sequence[Attribute],
        exit_label: str | None,
        raise_label: str | None,
        text: Text,
    ) -> str | None:
        template = template_of(operation)
        for name, line in template.declarations.items():
            self.declare(name, line)
        self.counter += 1
        literals = [self._attribute(value) for value in attributes]
        expansion = template.instantiate(f"x{self.counter}.", operands, literals, exit_label, raise_label)
        if expansion.text:
            text.lines.append(expansion.text.rstrip("\n"))
        if expansion.entry_allocas:
            self.allocas.append(expansion.entry_allocas.rstrip("\n"))
        if expansion.last_label is not None:
            text.end = expansion.last_label
        return expansion.result

    def _stress(self, text: Text, exit_label: str) -> None:
        """Under WHITEHOT_STRESS=deopt: ask a countdown at each guard whether it fails this time."""
        self.declare("whitehot_stress", "declare i1 @whitehot_stress(ptr)")
        self.counter += 1
        number = len(self.exits) - 1
        after = f"stress{self.counter}"
        text.lines.append(
            f"  %s{self.counter} = call i1 @whitehot_stress(ptr getelementptr (i64, ptr @unit.exits, i64 {number}))"
        )
        text.lines.append(f"  br i1 %s{self.counter}, label %{exit_label}, label %{after}")
        text.lines.append(f"{after}:")
        text.end = after

    # --- leaving ---

    def _leave(self, instruction: Instruction, leaving: Leaving, reason: Reason | None) -> str:
        """The label to jump to in order to leave at this instruction. Exits with the same state share the code that records it."""
        state = instruction.state
        assert state is not None, instruction.name
        assert reason is not None
        number = len(self.exits)
        self.exits.append(ExitPoint(state.code.name, state.offset, reason, instruction.name))
        label = f"exit{number}"
        keeps = are_locals_kept(self.function, instruction, leaving)
        key = (state, leaving, instruction.owned, keeps)
        tail = self.tails.get(key)
        if tail is None:
            tail = self.tails[key] = self._tail(number, state, leaving, instruction.owned, keeps)
        kind = Leaving.TIER_UP if reason is Reason.TIER_UP else leaving
        words = describe(number, kind, state, tail.record.layout, self.codes, keeps_locals=keeps)
        self.descriptors.append(_constant_words(f"exit{number}", words))
        tail.arriving.append(f"[ @exit{number}, %{label} ]")
        self.cold += [f"{label}:", f"  br label %{tail.label}"]
        return label

    def _tail(self, number: int, state: FrameState, leaving: Leaving, owned: tuple[Value, ...], keeps: bool) -> _Tail:
        """The code that records a state and returns."""
        for frame in state.frames():
            self._symbol(frame.code.name)
        values = recorded_values(state, keeps_locals=keeps)
        record = record_of(values, owned, self.lazy, raised=leaving is not Leaving.RESUME)
        leaver = self.leavers.name(record.shape)
        for name, line in record.shape.declarations().items():
            self.declare(name, line)
        lines = [f'  call void @"{leaver}"(ptr %context, ptr %d{number}{passed(record, self.name)})']
        pair, zero = f"{{ i64, {self.result} }}", f"{self.result} {_ZERO[self.function.result.kind]}"
        if self.function.is_loop:
            lines += [
                f"  %done{number} = load i64, ptr %work",
                f"  %done{number}.pair = insertvalue {pair} {{ i64 poison, {zero} }}, i64 %done{number}, 0",
                f"  ret {pair} %done{number}.pair",
            ]
        else:
            lines.append(f"  ret {pair} {{ i64 1, {zero} }}")
        return _Tail(f"leave{number}", record, lines)

    def _tails(self) -> list[str]:
        """The text of all shared tails, once it is known who arrives there."""
        lines: list[str] = []
        for tail in self.tails.values():
            number = tail.label.removeprefix("leave")
            lines += [f"{tail.label}:", f"  %d{number} = phi ptr {', '.join(tail.arriving)}", *tail.lines]
        return lines

    def _maker(self, operation: Operation, name: str) -> list[str]:
        """A function of this module that does an operation for leaving paths, which are many and never hot."""
        types = [llvm_type(operand.type) for operand in operation.operands] + (
            ["ptr", "i64"] if operation.variadic else []
        )
        text = Text("entry", [], "entry")
        saved, self.allocas = self.allocas, []
        names = [f"%o{index}" for index in range(len(types))]
        result = self.instantiate(operation, names, (), None, None, text)
        parameters = ", ".join(f"{type} {name}" for type, name in zip(types, names, strict=True))
        head = f'define internal ptr @"{name}"({parameters}) noinline cold minsize optsize {{'
        lines = [head, "entry:", *self.allocas, *text.lines, f"  ret ptr {result}", "}"]
        self.allocas = saved
        return lines

    # --- operations without a body ---

    def _jump(self, instruction: Instruction, text: Text) -> None:
        edge = instruction.targets[0]
        self.arriving[edge.block].append((text.end, edge))
        text.lines.append(f"  br label %{self.labels[edge.block]}")

    def _branch(self, instruction: Instruction, text: Text) -> None:
        yes, no = instruction.targets
        for edge in (yes, no):
            self.arriving[edge.block].append((text.end, edge))
        condition = self.name(instruction.operands[0])
        text.lines.append(f"  br i1 {condition}, label %{self.labels[yes.block]}, label %{self.labels[no.block]}")

    def _return(self, instruction: Instruction, text: Text) -> None:
        self.counter += 1
        value = self._as_word(instruction.operands[0], text)
        pair = f"{{ i64, {self.result} }}"
        text.lines.append(f"  %t{self.counter} = insertvalue {pair} {{ i64 0, {self.result} poison }}, {value}, 1")
        text.lines.append(f"  ret {pair} %t{self.counter}")

    def _as_word(self, value: Value, text: Text) -> str:
        """A value, with its type, as units pass it to each other: a bool takes a whole word."""
        name = self.name(value)
        if value.type.kind is Kind.BOOL:
            self.counter += 1
            text.lines.append(f"  %z{self.counter} = zext i1 {name} to i64")
            name = f"%z{self.counter}"
        return f"{abi_type(value.type)} {name}"

    def _exit(self, instruction: Instruction, text: Text) -> None:
        reason = Reason[str(instruction.attributes[0])]
        text.lines.append(f"  br label %{self._leave(instruction, Leaving.RESUME, reason)}")

    def _call_unit(self, instruction: Instruction, text: Text) -> None:
        symbol = instruction.attributes[0]
        assert isinstance(symbol, Symbol)
        assert instruction.result is not None
        result = abi_type(instruction.result.type)
        given = [instruction.operands[index] for index in abi_order([v.type for v in instruction.operands])]
        arguments = ", ".join(["ptr %thread", "ptr %context", *(self._as_word(v, text) for v in given)])
        self.counter += 1
        call, after = f"%c{self.counter}", f"called{self.counter}"
        target = f'@"{symbol.name}"'
        if symbol.name != self.symbol:  # another unit: the symbol is that of the cell with the address of its body
            text.lines.append(f"  {call}.body = load ptr, ptr {self._symbol(symbol.name)}")
            target = f"{call}.body"
        label = self._leave(instruction, Leaving.CALLER, Reason.CALLEE_LEFT)
        self._count_work(text, WORK_OF_CALL)
        text.lines += [
            f"  {call} = call {{ i64, {result} }} {target}({arguments})",
            f"  {call}.status = extractvalue {{ i64, {result} }} {call}, 0",
            f"  {call}.value = extractvalue {{ i64, {result} }} {call}, 1",
            f"  {call}.left = icmp ne i64 {call}.status, 0",
            f"  br i1 {call}.left, label %{label}, label %{after}, !prof !9001",
            f"{after}:",
        ]
        text.end = after
        value = f"{call}.value"
        if instruction.result.type.kind is Kind.BOOL:
            text.lines.append(f"  {value}.bit = trunc i64 {value} to i1")
            value += ".bit"
        self.names[instruction.result] = self._settled(instruction.result, value, text)

    def _row(self, values: Sequence[Value], text: Text) -> str:
        """The values in an array on the C stack, with one spare word before it (a callee of vectorcall may use that)."""
        self.counter += 1
        row = f"%row{self.counter}"
        self.allocas.append(f"  {row} = alloca [{len(values) + 1} x ptr], align 8")
        for index, value in enumerate(values, 1):
            text.lines.append(f"  {row}.{index} = getelementptr ptr, ptr {row}, i64 {index}")
            text.lines.append(f"  store ptr {self.name(value)}, ptr {row}.{index}")
        text.lines.append(f"  {row}.items = getelementptr ptr, ptr {row}, i64 1")
        return f"{row}.items"

    def _arguments(self, instruction: Instruction, text: Text) -> list[str]:
        """An operation's operands; those of a variadic one beyond the fixed ones as an array and a count."""
        operation = instruction.operation
        if not operation.variadic:
            return [self.name(value) for value in instruction.operands]
        fixed = len(operation.operands)
        names = [self.name(value) for value in instruction.operands[:fixed]]
        rest = instruction.operands[fixed:]
        return [*names, self._row(rest, text), str(len(rest))]

    def _check_breaker(self, instruction: Instruction, text: Text) -> None:
        """Other threads write the word, so it is read anew each time; no ordering is needed."""
        label = self._leave(instruction, Leaving.RESUME, Reason.BREAKER)
        if self.stress_exits:
            self._stress(text, label)
        self._count_work(text, self.work_of_round)
        self.counter += 1
        name = f"%k{self.counter}"
        offset = offset_of(ThreadState, "eval_breaker")
        if instruction.operands:
            count = self.name(instruction.operands[0])
            text.lines += [
                f"  {name}.low = and i64 {count}, {SPACING - 1}",
                f"  {name}.due = icmp eq i64 {name}.low, 0",
                f"  br i1 {name}.due, label %check{self.counter}, label %quiet{self.counter}, !prof !9001",
                f"check{self.counter}:",
            ]
        text.lines += [
            *_load_of_breaker(name, offset),
            f"  {name}.asked = icmp ne i64 {name}, %breaker",
            f"  br i1 {name}.asked, label %{label}, label %quiet{self.counter}, !prof !9001",
            f"quiet{self.counter}:",
        ]
        text.end = f"quiet{self.counter}"

    def _count_work(self, text: Text, amount: int) -> None:
        """Loops say how much they did: whether entering them pays shows only when they run."""
        if self.function.is_loop:
            self.counter += 1
            text.lines += [
                f"  %w{self.counter} = load i64, ptr %work",
                f"  %w{self.counter}.next = add i64 %w{self.counter}, {amount}",
                f"  store i64 %w{self.counter}.next, ptr %work",
            ]

    def _same_object(self, instruction: Instruction, text: Text) -> None:
        assert instruction.result is not None
        self.names[instruction.result] = self._settled(instruction.result, self.name(instruction.operands[0]), text)


def _constant_words(name: str, words: Sequence[Word]) -> str:
    """The definition of a constant row of words."""
    texts = [
        f"i64 {word}" if isinstance(word, int) else f'ptr getelementptr (i8, ptr @"{word.symbol}", i64 {word.offset})'
        for word in words
    ]
    types = ", ".join(text.split(" ", 1)[0] for text in texts)
    return f"@{name} = internal constant <{{ {types} }}> <{{ {', '.join(texts)} }}>, align 8"


#: Reads a word that other threads write, once for each time it is executed. LLVM takes a volatile or atomic load for one that may change any
#: memory, and would read everything else anew after it, in each round of a loop; of these it knows that they touch no other memory.
_LOADS = {Machine.X86_64: "movq {offset}($1), $0", Machine.AARCH64: "ldr $0, [$1, #{offset}]"}


def _load_of_breaker(name: str, offset: int) -> list[str]:
    machine = host_machine()
    load = None if machine is None else _LOADS.get(machine)
    if load is None:
        return [
            f"  {name}.at = getelementptr i8, ptr %thread, i64 {offset}",
            f"  {name} = load atomic i64, ptr {name}.at monotonic, align 8",
        ]
    text = load.format(offset=offset)
    return [
        f'  {name} = call i64 asm sideeffect "{text}", "=r,r"(ptr %thread) nounwind memory(inaccessiblemem: readwrite)'
    ]


_ZERO = {Kind.OBJECT: "null", Kind.I64: "0", Kind.F64: "0.0", Kind.BOOL: "0"}

#: What is added to the name of a parameter that comes as a whole word.
_WORD = {Kind.BOOL: ".word"}

_SPECIAL = {
    ops.jump: Emitter._jump,
    ops.branch: Emitter._branch,
    ops.return_: Emitter._return,
    ops.exit: Emitter._exit,
    ops.call_unit: Emitter._call_unit,
    ops.check_breaker: Emitter._check_breaker,
    ops.check_breaker_sometimes: Emitter._check_breaker,
    ops.known_bound: Emitter._same_object,
}
