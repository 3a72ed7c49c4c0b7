"""Removes what nobody needs: unused operations and block parameters, empty blocks, jumps between blocks that could be one.

What is needed is found from the operations that must happen, by following operands, frame states and the arguments
of needed parameters; so a loop variable that only feeds itself goes too. A value that a frame state holds is needed: making a box
that only frame states hold is left to the back end, which makes it on the way out.
"""

from __future__ import annotations

from whitehot.ir.graph import Instruction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.graph import Block, Edge, FrameState, Function, Value


def dead_code(function: Function) -> int:
    """Remove dead code. Returns the number of instructions, parameters and blocks that are gone."""
    blocks = function.blocks()
    changes = _remove_unneeded(function, blocks)
    while True:
        threaded = _thread(function, blocks)
        if threaded:
            blocks = function.blocks()
        gone = _merge(function, blocks)
        if not threaded and not gone:
            return changes
        changes += threaded + len(gone)
        blocks = [block for block in blocks if block not in gone]


def _remove_unneeded(function: Function, blocks: list[Block]) -> int:
    needed = _needed(blocks)
    changes = 0
    for block in blocks:
        kept = [
            instruction
            for instruction in block.instructions
            if not instruction.operation.is_removable or instruction.result is None or instruction.result in needed
        ]
        changes += len(block.instructions) - len(kept)
        block.instructions[:] = kept
    for block in blocks:
        for edge in block.terminator.targets:
            parameters = edge.block.parameters
            if edge.block is not function.entry and any(parameter not in needed for parameter in parameters):
                pairs = zip(parameters, edge.arguments, strict=True)
                edge.arguments = [argument for parameter, argument in pairs if parameter in needed]
    for block in blocks[1:]:
        kept_parameters = [parameter for parameter in block.parameters if parameter in needed]
        changes += len(block.parameters) - len(kept_parameters)
        block.parameters = kept_parameters
    return changes


def _needed(blocks: list[Block]) -> set[Value]:
    """Values that an operation which must happen depends on. The entry's parameters are the arguments and stay."""
    needed: set[Value | None] = set()
    states: set[FrameState | None] = {None}
    # From the end up: what needs a value comes before it, but for what loops pass round, which is left for afterwards.
    passed: dict[Value, list[Value]] = {}
    for block in reversed(blocks):
        _need_state(block.header, needed, states)  # some of that is made in the block
        for edge in block.instructions[-1].targets:
            for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                if parameter in needed:
                    needed.add(argument)
                else:
                    passed.setdefault(parameter, []).append(argument)
        for instruction in reversed(block.instructions):
            if not instruction.operation.is_removable or instruction.result in needed:
                needed.update(instruction.operands, instruction.owned)
                if instruction.state not in states:
                    _need_state(instruction.state, needed, states)
    work = [argument for parameter, arguments in passed.items() if parameter in needed for argument in arguments]
    while work:
        value = work.pop()
        if value in needed:
            continue
        needed.add(value)
        producer = value.producer
        more: set[Value | None] = set()
        if producer.__class__ is not Instruction:
            more.update(passed.get(value, ()))
        elif producer.operation.is_removable:
            more.update(producer.operands)
            _need_state(producer.state, more, states)
        more.discard(None)
        work += more  # type: ignore[arg-type]  # None is gone
    needed.discard(None)
    return needed  # type: ignore[return-value]  # None is gone


def _need_state(state: FrameState | None, needed: set[Value | None], seen: set[FrameState | None]) -> None:
    """Add what a state that has not been seen yet holds, with those of the calls around it."""
    while state is not None and state not in seen:
        seen.add(state)
        needed.update(state.locals, state.stack)
        state = state.caller


def _thread(function: Function, blocks: list[Block]) -> int:
    """Let edges to a block that only jumps on lead to where it jumps. Returns how many."""
    private = _used_only_by_own_jump(blocks)
    if not private:
        return 0
    changes = 0
    for block in blocks:
        targets = block.terminator.targets
        for edge in targets:
            middle = edge.block
            if middle not in private or middle is function.entry:
                continue
            onward = middle.terminator.targets[0]
            # Two edges from one block to another cannot be told apart by machine code that joins them.
            if onward.block is middle or any(other.block is onward.block for other in targets if other is not edge):
                continue
            change = dict(zip(middle.parameters, edge.arguments, strict=True))
            edge.block, edge.arguments = onward.block, [change.get(value, value) for value in onward.arguments]
            changes += 1
    return changes


def _used_only_by_own_jump(blocks: list[Block]) -> set[Block]:
    """Blocks of one jump whose parameters nothing else uses; loop headers stay, they are places to leave from."""
    found = {
        block
        for block in blocks
        if len(block.instructions) == 1 and block.terminator.name == "jump" and block.header is None
    }
    owner = {parameter: block for block in found for parameter in block.parameters}
    if not owner:
        return found
    for block in blocks:
        states = [block.header] if block.header is not None else []
        for instruction in block.instructions:
            if instruction.state is not None:
                states.append(instruction.state)
            for value in instruction.uses():
                if value in owner and owner[value] is not block:
                    found.discard(owner[value])
        for state in states:
            for value in state.values():
                if value in owner:
                    found.discard(owner[value])
    return found


def _merge(function: Function, blocks: list[Block]) -> set[Block]:
    """Append to a block the one it jumps to where nothing else leads there. Returns the blocks that are gone."""
    arriving = dict.fromkeys(blocks, 0)
    for block in blocks:
        for target in block.successors():
            arriving[target] += 1
    change: dict[Value, Value] = {}
    gone: set[Block] = set()
    for block in blocks:
        if block in gone:
            continue
        while (edge := _only_way(function, block, arriving)) is not None:
            after = edge.block
            change.update(zip(after.parameters, edge.arguments, strict=True))
            block.instructions[-1:] = after.instructions
            gone.add(after)
    function.replace(change)
    return gone


def _only_way(function: Function, block: Block, arriving: dict[Block, int]) -> Edge | None:
    """The edge by which `block` jumps to a block that nothing else leads to."""
    if block.terminator.name != "jump":
        return None
    edge = block.terminator.targets[0]
    after = edge.block
    return edge if after is not block and after is not function.entry and arriving[after] == 1 else None
