"""Removes what nobody needs: unused operations and block parameters, empty blocks, jumps between blocks that could be one.

What is needed is found from the operations that must happen, by following operands, frame states and the arguments
of needed parameters; so a loop variable that only feeds itself goes too. A value that a frame state holds is needed: making a box
that only frame states hold is left to the back end, which makes it on the way out.
"""

from __future__ import annotations

from whitehot.ir.graph import Instruction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whitehot.ir.graph import Block, Edge, Function, Value


def dead_code(function: Function) -> int:
    """Remove dead code. Returns the number of instructions, parameters and blocks that are gone."""
    changes = _remove_unneeded(function)
    while True:
        simplified = _thread(function) + _merge(function)
        if not simplified:
            return changes
        changes += simplified


def _remove_unneeded(function: Function) -> int:
    blocks = function.blocks()
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
    incoming: dict[Value, list[Value]] = {}
    needed: set[Value] = set()
    work: list[Value] = []

    def need(values: Iterable[Value]) -> None:
        for value in values:
            if value not in needed:
                needed.add(value)
                work.append(value)

    for block in blocks:
        if block.header is not None:
            need(block.header.values())
        for instruction in block.instructions:
            for edge in instruction.targets:
                for parameter, argument in zip(edge.block.parameters, edge.arguments, strict=True):
                    incoming.setdefault(parameter, []).append(argument)
            if not instruction.operation.is_removable:
                need(instruction.operands)
                need(instruction.owned)
                if instruction.state is not None:
                    need(instruction.state.values())
    while work:
        value = work.pop()
        producer = value.producer
        if isinstance(producer, Instruction):
            if producer.operation.is_removable:
                need(producer.operands)
                if producer.state is not None:
                    need(producer.state.values())
        else:
            need(incoming.get(value, ()))
    return needed


def _thread(function: Function) -> int:
    """Let edges to a block that only jumps on lead to where it jumps."""
    blocks = function.blocks()
    private = _used_only_by_own_jump(blocks)
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


def _merge(function: Function) -> int:
    """Append to a block the one it jumps to where nothing else leads there."""
    predecessors = function.predecessors()
    change: dict[Value, Value] = {}
    gone: set[Block] = set()
    for block in predecessors:
        if block in gone:
            continue
        while (edge := _only_way(function, block, predecessors)) is not None:
            after = edge.block
            change.update(zip(after.parameters, edge.arguments, strict=True))
            block.instructions[-1:] = after.instructions
            gone.add(after)
    function.replace(change)
    return len(gone)


def _only_way(function: Function, block: Block, predecessors: dict[Block, list[tuple[Block, Edge]]]) -> Edge | None:
    """The edge by which `block` jumps to a block that nothing else leads to."""
    if block.terminator.name != "jump":
        return None
    edge = block.terminator.targets[0]
    after = edge.block
    return edge if after is not block and after is not function.entry and len(predecessors[after]) == 1 else None
