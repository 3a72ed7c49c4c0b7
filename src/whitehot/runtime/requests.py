"""What is asked of the compiler for a job: the code as it is now, what may be assumed, and the native code that there is to call."""

from __future__ import annotations

from whitehot.bytecode.reader import Scope, take
from whitehot.cpython.v314 import CODE_OPTIMIZED
from whitehot.record import replace
from whitehot.request import Options, Request, UnitSignature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.bytecode.objects import ObjectTable
    from whitehot.bytecode.snapshot import Snapshot
    from whitehot.runtime.inventory import Inventory
    from whitehot.runtime.records import Job
    from whitehot.settings import Settings


def request_for(
    job: Job, table: ObjectTable, settings: Settings, inventory: Inventory, unstable: set[tuple[int, str]]
) -> Request:
    """The request for a job, as of now. `unstable`: dictionaries, by address, and keys in them whose values have changed and are not assumed to stay."""
    record = job.record
    code = record.code

    def may_assume(dictionary: dict[str, object], key: str) -> bool:
        return (id(dictionary), key) not in unstable

    if not code.co_flags & CODE_OPTIMIZED and job.function is None:
        scope = Scope.of_module(job.globals, job.builtins)
    elif job.function is None or code.co_freevars or code.co_cellvars or "<locals>" in code.co_qualname:
        # A function that others make may die before its code does: the unit keeps no function of these alive.
        scope = Scope.shared(job.globals, job.builtins)
    else:
        scope = Scope.of(job.function)
    snapshot = take(code, table, scope, entry=job.entry, rejected=frozenset(record.rejected), may_assume=may_assume)
    snapshot = replace(snapshot, live_locals=job.hints[0], live_stack=job.hints[1])
    options = Options(
        inline_limit=settings.inline_limit,
        max_code=settings.max_code,
        prune_never_run="compile" not in settings.stress and not record.eager,
    )
    signatures = _signatures(snapshot, table, inventory)
    if job.entry is None and snapshot.function is not None:
        signatures.pop(snapshot.function, None)  # what is compiled now is what calls of itself lead to
    return Request(snapshot, options, signatures)


def _signatures(snapshot: Snapshot, table: ObjectTable, inventory: Inventory) -> dict[str, UnitSignature]:
    """How native code calls the functions that the snapshot mentions, where it can."""
    found: dict[str, UnitSignature] = {}
    for symbol, fact in snapshot.objects.items():
        if fact.code is None or symbol not in table:
            continue
        unit = inventory.units_of_function.get(id(table.value_of(symbol)))
        if unit is not None and unit.is_valid and unit.cell is not None:
            found[symbol] = unit.cell.signature
    return found
