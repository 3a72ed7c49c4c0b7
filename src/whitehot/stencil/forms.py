"""What the emitter asks about an operation at each of its instructions, found once: its variants, and the ways that its stencils take."""

from __future__ import annotations

from whitehot.ir.states import SAME_OBJECT
from whitehot.stencil import library
from whitehot.stencil.stencil import is_light, stencil_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.operation import Operation


class Form:
    """An operation that has stencils. `plain` is the letter of what becomes of its result in the plainest variant, in which all operands are in slots."""

    __slots__ = ("_kinds", "_stencils", "all_slots", "count", "is_light", "leaves", "operation", "plain", "raises")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.count = len(operation.operands)
        self.all_slots = "S" * self.count
        self.is_light = is_light(operation)
        self.plain = plain_letter(operation)
        self._kinds: dict[str, str] = {}
        self._stencils: dict[tuple[str, str], library.Prepared] = {}
        plainest = self.stencil(self.all_slots, self.plain)
        ways = {hole for _, _, hole, _ in plainest.jumps} | {plainest.tail}
        self.leaves = "EXIT" in ways
        self.raises = "RAISE" in ways

    def kinds(self, wanted: str) -> str:
        """Where operands are, as the letters of a variant that there is: as wanted, or else all in slots."""
        found = self._kinds.get(wanted)
        if found is None:
            exists = library.has(stencil_name(self.operation, wanted, self.plain))
            found = self._kinds[wanted] = wanted if exists else self.all_slots
        return found

    def stencil(self, kinds: str, result: str) -> library.Prepared:
        """The stencil of a variant. Raises KeyError."""
        found = self._stencils.get((kinds, result))
        if found is None:
            found = self._stencils[kinds, result] = library.get(stencil_name(self.operation, kinds, result))
        return found


def form_of(operation: Operation) -> Form:
    """What is known of an operation."""
    found = library.forms.get(operation)
    if found is None:
        found = library.forms[operation] = Form(operation)
    return found


def plain_letter(operation: Operation) -> str:
    """What becomes of an operation's result in its plainest variant."""
    return "-" if operation.result is None or operation in SAME_OBJECT else "S"
