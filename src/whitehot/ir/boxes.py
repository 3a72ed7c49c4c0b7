"""Which operations box and unbox values of each machine kind."""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.types import Kind

UNBOX = {Kind.I64: ops.unbox_int, Kind.F64: ops.unbox_float, Kind.BOOL: ops.unbox_bool}
BOX = {Kind.I64: ops.box_int, Kind.F64: ops.box_float, Kind.BOOL: ops.box_bool}

#: Boxes of variables that are bound on some of the paths that meet.
BOX_IF_BOUND = frozenset({ops.box_int_if, ops.box_float_if, ops.box_bool_if})
