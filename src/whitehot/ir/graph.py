"""The SSA graph: functions of blocks of instructions over values, with the frame states to leave by.

Blocks have parameters; jumps pass arguments to them. The last instruction of a block is its terminator: `jump`,
`branch`, `return` or `exit` (see `ops/control.py`). Operands and results are `Value`s; what is not a value (a constant, a
slot number, a symbol) is an attribute. An instruction that can leave native code carries a `FrameState`: what the
interpreter's frame must hold to go on at that bytecode.

These classes have no `repr` of their fields: everything is reachable from each of them. `whitehot.ir.printer` has their text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, KeysView

from whitehot.ir.types import Type
from whitehot.record import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.operation import Operation
    from whitehot.ir.states import StateValues


@dataclass(eq=False, repr=False, slots=True)
class Value:
    """An SSA value. `hint` names the Python type that the program was seen to have here; it is never relied on."""

    type: Type
    producer: Instruction | Block
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """An object of the running program, by its name in the Snapshot; the loader turns it into an address."""

    name: str

    def __str__(self) -> str:
        return f"@{self.name}"


type Attribute = int | float | bool | str | Symbol | None


@dataclass(eq=False, repr=False, slots=True)
class FrameState:
    """What an interpreter frame holds at a bytecode.

    `code` is the symbol of the function object (or, for loop units, of the code object) whose frame it is; `offset` the
    byte offset of the instruction to go on at (for exceptions: of the one that raised). None stands for an unbound local or a
    NULL on the stack. `caller` is the state of the frame that an inlined call came from: its offset is that of the call, its
    stack that of the caller without callee and arguments. `done` is the byte offset of the instruction that has just been done, where
    objects die that it has removed (0: of none): it is what they see the frame at.
    """

    code: Symbol
    offset: int
    locals: tuple[Value | None, ...]
    stack: tuple[Value | None, ...]
    caller: FrameState | None = None
    done: int = 0

    def frames(self) -> list[FrameState]:
        """The chain of frames, outermost first."""
        chain: list[FrameState] = []
        state: FrameState | None = self
        while state is not None:
            chain.append(state)
            state = state.caller
        return chain[::-1]

    def values(self) -> list[Value]:
        """Every value of every frame of the chain, outermost frame first, with repetitions."""
        frames = self.frames() if self.caller is not None else (self,)
        return [value for state in frames for value in (*state.locals, *state.stack) if value is not None]

    def map(self, change: dict[Value, Value], mapped: dict[FrameState, FrameState]) -> FrameState:
        """This state with values replaced; the same object where nothing changes.

        `mapped` remembers what became of states: those that several instructions share, or that calls were inlined at, stay shared.
        """
        found = mapped.get(self)
        if found is not None:
            return found
        caller = None if self.caller is None else self.caller.map(change, mapped)
        changed: KeysView[Value | None] = change.keys()
        if caller is self.caller and changed.isdisjoint(self.locals) and changed.isdisjoint(self.stack):
            found = self
        else:
            locals = tuple([None if v is None else change.get(v, v) for v in self.locals])
            stack = tuple([None if v is None else change.get(v, v) for v in self.stack])
            found = FrameState(self.code, self.offset, locals, stack, caller, self.done)
        mapped[self] = found
        return found


@dataclass(eq=False, repr=False, slots=True)
class Instruction:
    """One operation applied to operands. Mutable: passes replace operands in place."""

    operation: Operation
    operands: list[Value]
    attributes: tuple[Attribute, ...] = ()
    state: FrameState | None = None
    result: Value | None = None
    targets: list[Edge] = field(default_factory=list)
    #: Objects that native code owns and has to let go of when it leaves here (filled in by the reference-count pass).
    owned: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        return self.operation.name

    def uses(self) -> Iterator[Value]:
        """Operands and edge arguments; not the frame state's values."""
        yield from self.operands
        for edge in self.targets:
            yield from edge.arguments

    def replace(self, change: dict[Value, Value]) -> None:
        """Replace operands and edge arguments; not the frame state's values."""
        changed = change.keys()
        if not changed.isdisjoint(self.operands):
            self.operands = [change.get(v, v) for v in self.operands]
        for edge in self.targets:
            if not changed.isdisjoint(edge.arguments):
                edge.arguments = [change.get(v, v) for v in edge.arguments]


@dataclass(eq=False, repr=False, slots=True)
class Edge:
    """A jump's target and the arguments for its parameters."""

    block: Block
    arguments: list[Value]


@dataclass(eq=False, repr=False, slots=True)
class Block:
    """A straight line of instructions. `header` is the frame state on entry, in terms of the parameters, of a loop header."""

    parameters: list[Value] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)
    header: FrameState | None = None
    #: Seldom or never reached according to the feedback.
    cold: bool = False

    def parameter(self, type: Type, hint: str | None = None) -> Value:
        """Add a parameter."""
        value = Value(type, self, hint)
        self.parameters.append(value)
        return value

    @property
    def terminator(self) -> Instruction:
        return self.instructions[-1]

    def successors(self) -> list[Block]:
        return [edge.block for edge in self.terminator.targets] if self.instructions else []


@dataclass(eq=False, repr=False, slots=True)
class Function:
    """A unit's code. The entry block's parameters are the arguments.

    `result` is the type of what `return` gives back. `has_frame`: the unit runs on a real interpreter frame (a loop unit, or a
    function that runs arbitrary code) whose locals it reads with `frame_local`; otherwise frames are made when it leaves.
    """

    name: str
    entry: Block
    result: Type
    has_frame: bool = False
    #: True for a unit that is entered at a loop header and leaves to the interpreter when the loop is done.
    is_loop: bool = False
    #: What its states need, once its references have been counted.
    states: StateValues | None = None

    def blocks(self) -> list[Block]:
        """Reachable blocks in reverse postorder, the entry first."""
        seen = {self.entry}
        order: list[Block] = []
        # Blocks on the way to the present one, of whose targets the last one that was not seen yet comes first.
        path = [self.entry]
        while path:
            block = path[-1]
            for edge in block.instructions[-1].targets[::-1] if block.instructions else ():
                if edge.block not in seen:
                    seen.add(edge.block)
                    path.append(edge.block)
                    break
            else:
                order.append(path.pop())
        order.reverse()
        return order

    def instructions(self) -> Iterator[Instruction]:
        for block in self.blocks():
            yield from block.instructions

    def predecessors(self) -> dict[Block, list[tuple[Block, Edge]]]:
        """For each reachable block the edges that lead to it."""
        found: dict[Block, list[tuple[Block, Edge]]] = {block: [] for block in self.blocks()}
        for block in found:
            for edge in block.terminator.targets:
                found[edge.block].append((block, edge))
        return found

    def replace(self, change: dict[Value, Value]) -> None:
        """Replace values everywhere. Chains (a to b, b to c) are followed."""
        if not change:
            return
        resolved = {old: _last(change, old) for old in change}
        mapped: dict[FrameState, FrameState] = {}
        for block in self.blocks():
            if block.header is not None:
                block.header = block.header.map(resolved, mapped)
            for instruction in block.instructions:
                instruction.replace(resolved)
                if instruction.state is not None:
                    instruction.state = instruction.state.map(resolved, mapped)


def _last(change: dict[Value, Value], value: Value) -> Value:
    while value in change:
        value = change[value]
    return value


def use_counts(function: Function) -> Counter[Value]:
    """How often each value is used, frame states included."""
    used: list[Value] = []
    states: list[FrameState] = []
    for block in function.blocks():
        for instruction in block.instructions:
            used += instruction.operands
            for edge in instruction.targets:
                used += edge.arguments
            if instruction.state is not None:
                states.append(instruction.state)
    # Many instructions share a state.
    for state, times in Counter(states).items():
        used += state.values() * times
    return Counter(used)
