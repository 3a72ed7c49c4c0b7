"""What one compilation collects while it builds, across restarts.

Building is optimistic: at a loop header it assumes that a variable keeps the type it comes in with (or was seen with). Where the loop's
body turns out to disagree, the assumption is widened and building starts again; each restart widens something, so it ends.
"""

from __future__ import annotations

from whitehot.build.entries import Shape
from whitehot.build.flow import Flow, analyse
from whitehot.bytecode.snapshot import CodeSnapshot
from whitehot.ir.types import Type
from whitehot.record import dataclass, field

#: Where an inlined body stands: the offsets of the calls that lead to it, outermost first.
type Path = tuple[int, ...]


class Restart(Exception):  # control flow, not an error
    """An assumption was widened: build again."""


class SectionEnded(Exception):  # control flow, not an error
    """The rest of this section is never reached: the path has left to the interpreter."""


@dataclass(eq=False, slots=True)
class Assumptions:
    """Decisions, and what else outlives a restart."""

    #: Shapes of locals and stack at loop headers, by path, offset and position.
    shapes: dict[tuple[Path, int, int], Shape] = field(default_factory=dict)
    #: Types that functions return, for calls of themselves.
    result: Type | None = None
    #: Calls that turned out not to be inlinable.
    no_inline: set[Path] = field(default_factory=set)
    #: The unit runs on a real frame (it runs arbitrary code).
    has_frame: bool = False
    #: Control flow, by the symbol of the code: found once.
    flows: dict[str, Flow] = field(default_factory=dict)

    def flow_of(self, code: CodeSnapshot) -> Flow:
        """The control flow of code."""
        found = self.flows.get(code.symbol)
        if found is None:
            found = self.flows[code.symbol] = analyse(code)
        return found
