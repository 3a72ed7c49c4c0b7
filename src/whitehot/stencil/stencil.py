"""Stencils as data."""

from __future__ import annotations

from whitehot.ir.effects import Effects
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.ir.operation import Operation

#: A hole: offset in the code, relocation type, what to put there, what to add to it. What to put there is a name:
#:   S0 S1 .. R W           the offset of an operand's, the result's or a row's slot in the native frame
#:   X.context ..           that of a reserved slot
#:   FRAME                  the size of the native frame
#:   P0 P1 .. A0 A1 .. N    the place of a word in the pool: an operand, an attribute, the number of a row's items
#:   G.symbol               the place of a pool word with the address of a symbol
#:   CONTINUE EXIT RAISE YES NO   where to go on
#:   =                      a place in the stencil's own constants
#:   anything else          a function to call
type Hole = tuple[int, int, str, int]

#: What a stencil is made of, so that it can be kept in a file.
type StencilData = tuple[bytes, list[Hole], str | None, bytes]


@dataclass(frozen=True, slots=True)
class Stencil:
    """Machine code with holes. `tail` names where the code goes on at its end, by falling through or a jump that is to be put there (None: it
    does not go on there). `constants` are 16-byte aligned data of its own.

    The holes are in the order of their offsets.
    """

    code: bytes
    holes: tuple[Hole, ...]
    tail: str | None
    constants: bytes

    @property
    def data(self) -> StencilData:
        return self.code, list(self.holes), self.tail, self.constants


JUMPS = ("CONTINUE", "EXIT", "RAISE", "YES", "NO")

#: Slots of every native frame, before those of values: the context, the interpreter's frame, the heat that a loop began with and what it has done
#: besides, the quiet eval breaker, the times until the next safepoint looks, the descriptor of the exit that is being taken, the row of arguments of a call, an exception put aside.
RESERVED = ("context", "frame", "work", "quiet", "rounds", "descriptor", "arguments", "raised")

SLOT_HOLES = frozenset({f"S{number}" for number in range(9)} | {"R", "W"})
POOL_HOLES = frozenset({f"{letter}{number}" for letter in "PA" for number in range(4)} | {"N"})

#: Arguments that a unit may take from another one, in all.
MOST_ARGUMENTS = 8


def signature_name(general: int, floats: int, result: str) -> str:
    """How the stencils of calls and bodies are told apart: arguments in general registers, floats, and where the result is (i or f)."""
    return f"{general}.{floats}.{result}"


def stencil_name(operation: Operation, kinds: str, result: str) -> str:
    """The name of a variant."""
    return f"{operation.name}.{kinds}.{result}"


#: Where operands are, by their number, in operations that are cheap. A constant that stands elsewhere is copied to a slot first.
KINDS = {
    0: ("",),
    1: ("S", "R"),
    2: ("SS", "SK", "KS", "RS", "SR", "RK", "KR"),
    3: ("SSS", "RSS", "SRS", "SSR", "SSK", "SKS", "KSS", "RKS", "RSK", "SRK", "SKR"),
}


def is_light(operation: Operation) -> bool:
    """Whether variants pay: the body does not run arbitrary code."""
    return operation.effects < Effects.ARBITRARY and not operation.variadic and len(operation.operands) in KINDS
