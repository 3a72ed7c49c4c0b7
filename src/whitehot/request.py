"""What the runtime asks of the compiler, and what it gets: plain data, which goes from one interpreter to another."""

from __future__ import annotations

from whitehot.bytecode.snapshot import Assumption, Snapshot
from whitehot.deopt.points import ExitPoint
from whitehot.elf import ObjectFile
from whitehot.ir.types import Type
from whitehot.record import dataclass, field
from whitehot.tiers import Tier


@dataclass(frozen=True, slots=True)
class Options:
    """What the policy allows the builder. Limits count bytecode instructions."""

    inline_limit: int = 60
    max_code: int = 2000
    max_inline_depth: int = 4
    #: Leave to the interpreter at instructions that have never run, instead of compiling them.
    prune_never_run: bool = True


@dataclass(frozen=True, slots=True)
class UnitSignature:
    """How native code calls a unit directly: its symbol, machine types of arguments and of the result."""

    symbol: str
    arguments: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Request:
    """All that one build starts from."""

    snapshot: Snapshot
    options: Options
    #: Units that exist already, by the symbol of their function object.
    units: dict[str, UnitSignature] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """How to compile: for which tier, LLVM's optimization level (baseline code is not optimized by LLVM), whether each guard shall fail once, whether to compile what will not be faster, whether to check the IR after each pass."""

    tier: Tier = Tier.OPTIMIZING
    level: int = 2
    stress_exits: bool = False
    even_if_slow: bool = False
    verify: bool = False


@dataclass(frozen=True, slots=True)
class CodeUnit:
    """Machine code as an object, with what the runtime has to know of it. `seconds` is the time of each stage."""

    name: str
    object: ObjectFile
    exits: tuple[ExitPoint, ...]
    body: str
    entry: str | None
    has_frame: bool
    is_loop: bool
    assumptions: frozenset[Assumption]
    functions: frozenset[str]
    signature: UnitSignature | None
    tier: Tier
    seconds: dict[str, float] = field(default_factory=dict)
