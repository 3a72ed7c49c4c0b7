"""The compiler as one pure function: a request (plain data) in, a code unit (plain data) out.

Nothing here looks at the running process; objects are symbols all the way. See `runtime/` for who asks and what becomes of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from whitehot.build.driver import Built, build
from whitehot.bytecode.snapshot import CodeSnapshot, Snapshot
from whitehot.elf import NO_OBJECT, read_object
from whitehot.errors import Cancelled, Unsupported
from whitehot.ir.graph import Function
from whitehot.passes import BASELINE, FINISHING, OPTIMIZING, Pass, cautious, run
from whitehot.passes.profit import pays
from whitehot.reasons import Reason
from whitehot.record import replace
from whitehot.request import Choices, CodeUnit, Request
from whitehot.tiers import Tier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.llvm.emit import EmittedModule
    from whitehot.stencil.emit import Emitted

#: Called with the name of a stage and what it gave: an IR function after each pass, text after emission.
type Dump = Callable[[str, Function | str], None]


def compile_unit(
    request: Request, choices: Choices, dump: Dump | None = None, is_wanted: Callable[[], bool] = lambda: True
) -> CodeUnit:
    """Compile. Raises Unsupported with the reason for code that stays with the interpreter, RuntimeError where LLVM rejects the module,
    Cancelled when `is_wanted`, which is asked between stages, comes to say no.
    """
    unit, text = draft(request, choices, dump, is_wanted)
    if unit.tier is Tier.BASELINE:
        return unit
    from whitehot.llvm.machine import compile_object

    started = perf_counter()
    machine_code = read_object(compile_object(text, choices.level, is_wanted))
    return replace(unit, object=machine_code, seconds={**unit.seconds, "llvm": perf_counter() - started})


def draft(
    request: Request, choices: Choices, dump: Dump | None = None, is_wanted: Callable[[], bool] = lambda: True
) -> tuple[CodeUnit, str]:
    """The unit, and no text; in the optimizing tier one that has no machine code yet, and the text of the module that LLVM makes it from. Raises as `compile_unit` does."""
    started = perf_counter()
    built = build(request)
    seconds = {"build": perf_counter() - started}
    if not is_wanted():
        raise Cancelled
    emitted: Emitted | EmittedModule
    if choices.tier is Tier.BASELINE:
        copied = emitted = to_stencils(request, built, choices, seconds, dump)
        machine_code, text = copied.object, ""
    else:
        module = emitted = to_llvm(request, built, choices, seconds, dump)
        machine_code, text = NO_OBJECT, module.text
    if not is_wanted():
        raise Cancelled
    function = built.function
    unit = CodeUnit(
        function.name,
        machine_code,
        emitted.exits,
        emitted.body,
        emitted.entry,
        function.has_frame,
        function.is_loop,
        built.dependencies,
        built.functions,
        built.signature,
        choices.tier,
        seconds,
    )
    return unit, text


def load_optimizer() -> None:
    """Import all that compiling through LLVM needs, for whoever must not import it later. Without llvmlite that shows when it is used."""
    import whitehot.llvm.emit  # noqa: F401 - for the import
    from whitehot.llvm.machine import loaded_llvm

    try:
        loaded_llvm()
    except ImportError:
        return


def to_stencils(
    request: Request, built: Built, choices: Choices, seconds: dict[str, float], dump: Dump | None
) -> Emitted:
    """Everything between building and loading, in the baseline tier."""
    from whitehot.stencil.emit import emit
    from whitehot.stencil.library import machine

    function = built.function
    if dump is not None:
        dump("build", function)
    _optimize(function, pipeline_for(request.snapshot, choices.tier), choices, seconds, dump)
    started = perf_counter()
    codes = codes_of(request.snapshot)
    listing = None
    if dump is not None:
        from whitehot.stencil.listing import Listing

        listing = Listing(function)
    emitted = emit(function, _symbol_of(built), codes, machine(), stress_exits=choices.stress_exits, listing=listing)
    seconds["stencils"] = perf_counter() - started
    if dump is not None and listing is not None:
        dump("stencils", listing.text())
    return emitted


def _symbol_of(built: Built) -> str:
    """The name of a unit's body."""
    return built.signature.symbol if built.signature is not None else "unit.body"


def _optimize(
    function: Function, pipeline: tuple[Pass, ...], choices: Choices, seconds: dict[str, float], dump: Dump | None
) -> None:
    """Run the passes. Raises Unsupported where native code would be no faster."""
    started = perf_counter()
    run(function, pipeline, verify=choices.verify, dump=dump)
    if not choices.even_if_slow and not pays(function):
        raise Unsupported(Reason.NOT_PROFITABLE)
    run(function, FINISHING, dump=dump)
    seconds["passes"] = perf_counter() - started


def to_llvm(
    request: Request, built: Built, choices: Choices, seconds: dict[str, float], dump: Dump | None
) -> EmittedModule:
    """Everything between building and LLVM."""
    from whitehot.llvm.emit import emit

    function = built.function
    if dump is not None:
        dump("build", function)
    _optimize(function, pipeline_for(request.snapshot, choices.tier), choices, seconds, dump)
    started = perf_counter()
    emitted = emit(function, _symbol_of(built), codes_of(request.snapshot), stress_exits=choices.stress_exits)
    seconds["emit"] = perf_counter() - started
    if dump is not None:
        dump("llvm", emitted.text)
    return emitted


def pipeline_for(snapshot: Snapshot, tier: Tier) -> tuple[Pass, ...]:
    """The passes to run. Where a guard has kept failing at the head of a loop, it was hoisted there: guards then stay where they are."""
    pipeline = BASELINE if tier is Tier.BASELINE else OPTIMIZING
    heads = {instruction.target for instruction in snapshot.code.instructions if instruction.opcode == "JUMP_BACKWARD"}
    return cautious(pipeline) if any(offset in heads for _, offset, _ in snapshot.rejected) else pipeline


def codes_of(snapshot: Snapshot) -> dict[str, CodeSnapshot]:
    """Owners of frames (functions, code objects) to their code."""
    codes = {snapshot.code.symbol: snapshot.code}
    if snapshot.function is not None:
        codes[snapshot.function] = snapshot.code
    for symbol, fact in snapshot.objects.items():
        if fact.code is not None:
            codes.setdefault(symbol, fact.code)
    return codes
