"""Cells: variables shared between functions. Source: `Objects/cellobject.c`."""

from __future__ import annotations

from whitehot.ir.effects import ARBITRARY, READS_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.memory import let_go
from whitehot.lowlevel.types import CellObject, Object


@op(effects=READS_HEAP, nullable=True)
def cell_get(cell: CellObject) -> Object | None:
    """What a variable is bound to; NULL where it is unbound."""
    return cell.ob_ref


@op(effects=ARBITRARY, consumes=("value",))
def cell_set(cell: CellObject, value: Object) -> None:
    """Bind a variable; the object it was bound to may die and run any code."""
    old: Object | None = cell.ob_ref
    cell.ob_ref = value
    if old is not None:
        let_go(old)
