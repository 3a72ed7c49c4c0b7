"""All operations, one family per module, by name.

To add one, declare it in the module of its family and add its name here; a test says which name is missing.
"""

# isort: off
# fmt: off
from whitehot.ir.operation import OPERATIONS
from whitehot.ir.ops.booleans import (
    bool_and, bool_eq, bool_ne, bool_not, bool_or, bool_to_float, bool_to_int, bool_xor, box_bool, box_bool_if,
    unbox_bool,
)
from whitehot.ir.ops.calls import (
    call_object, call_unit,
)
from whitehot.ir.ops.cells import (
    cell_get, cell_set,
)
from whitehot.ir.ops.control import (
    exit_ as exit,  # noqa: A004 - the IR calls it so
    branch, check_breaker, constant, jump, return_, unreachable,
)
from whitehot.ir.ops.floats import (
    box_float, box_float_if, float_abs, float_add, float_ceil_to_int, float_div, float_eq, float_floor_to_int,
    float_floordiv, float_ge, float_gt, float_is_finite, float_is_infinite, float_is_nan, float_is_true,
    float_le, float_lt, float_max, float_min, float_mod, float_mul, float_ne, float_neg, float_pow,
    float_round_to_int, float_sub, float_to_int, unbox_float, unbox_number,
)
from whitehot.ir.ops.frames import (
    frame_clear, frame_local, frame_put, frame_set_instruction, frame_stack, frame_store, frame_take,
    frame_take_stack,
)
from whitehot.ir.ops.generic import (
    build_string, delete_global, dict_new, dict_set, iterator_next, list_extend, load_global, make_slice,
    object_ascii, object_attribute, object_binary, object_compare, object_contains, object_delete_attribute,
    object_delete_item, object_format, object_inplace_power, object_is_true, object_item, object_iter,
    object_length, object_power, object_repr, object_set_attribute, object_set_item, object_set_slice,
    object_slice, object_str, object_unary, set_add, set_new, store_global,
)
from whitehot.ir.ops.integers import (
    box_int, box_int_if, int_abs, int_add, int_and, int_bit_count, int_bit_length, int_eq, int_floordiv, int_ge,
    int_gt, int_invert, int_is_true, int_le, int_lshift, int_lt, int_max, int_min, int_mod, int_mul, int_ne,
    int_neg, int_or, int_pow, int_rshift, int_sub, int_to_float, int_to_float_exact, int_truediv, int_xor,
    unbox_int,
)
from whitehot.ir.ops.iterators import (
    enumerate_count, enumerate_iterator, list_iter_index, list_iter_list, list_reverse_iter_index,
    list_reverse_iter_list, make_enumerate, make_list_iterator, make_list_reverse_iterator, make_range,
    make_range_iterator, make_str_iterator, make_tuple_iterator, make_zip, range_iter_length, range_iter_start,
    range_iter_step, range_length, range_start, range_step, range_stop, str_iter_index, str_iter_str,
    tuple_iter_index, tuple_iter_tuple, zip_iterator,
)
from whitehot.ir.ops.lists import (
    list_append, list_concat, list_copy, list_init, list_is_true, list_item, list_len, list_new, list_pop_last,
    list_repeat, list_set_item, list_slice, make_list,
)
from whitehot.ir.ops.mathematics import (
    float_acos, float_acosh, float_asin, float_asinh, float_atan, float_atan2, float_atanh, float_cbrt,
    float_copysign, float_cos, float_cosh, float_degrees, float_erf, float_erfc, float_exp, float_exp2,
    float_expm1, float_fmod, float_log, float_log10, float_log1p, float_log2, float_radians, float_sin,
    float_sinh, float_sqrt, float_tan, float_tanh,
)
from whitehot.ir.ops.objects import (
    guard_bound, guard_type, guard_unique, guard_value, has_type, is_none, is_null, is_same,
)
from whitehot.ir.ops.references import (
    decref, decref_unobserved, drop, incref, release, xdecref, xdecref_unobserved, xincref, xrelease,
)
from whitehot.ir.ops.strings import (
    str_append, str_chr, str_compare, str_concat, str_contains, str_eq, str_is_true, str_item, str_len, str_ne,
    str_ord, str_ord_at, str_slice,
)
from whitehot.ir.ops.tuples import (
    make_tuple, tuple_init, tuple_is_true, tuple_item, tuple_len, tuple_new, tuple_slice,
)
from whitehot.ir.ops.units import (
    check_recursion, check_world, enter_function, guard_frame, guard_true, int_add_in_range, int_sub_in_range,
    known_bound, leave_function,
)

__all__ = [
    "OPERATIONS", "bool_and", "bool_eq", "bool_ne", "bool_not", "bool_or", "bool_to_float", "bool_to_int",
    "bool_xor", "box_bool", "box_bool_if", "box_float", "box_float_if", "box_int", "box_int_if", "branch",
    "build_string", "call_object", "call_unit", "cell_get", "cell_set", "check_breaker", "check_recursion",
    "check_world", "constant", "decref", "decref_unobserved", "delete_global", "dict_new", "dict_set", "drop",
    "enter_function", "enumerate_count", "enumerate_iterator", "exit", "float_abs", "float_acos", "float_acosh",
    "float_add", "float_asin", "float_asinh", "float_atan", "float_atan2", "float_atanh", "float_cbrt",
    "float_ceil_to_int", "float_copysign", "float_cos", "float_cosh", "float_degrees", "float_div", "float_eq",
    "float_erf", "float_erfc", "float_exp", "float_exp2", "float_expm1", "float_floor_to_int", "float_floordiv",
    "float_fmod", "float_ge", "float_gt", "float_is_finite", "float_is_infinite", "float_is_nan",
    "float_is_true", "float_le", "float_log", "float_log1p", "float_log2", "float_log10", "float_lt",
    "float_max", "float_min", "float_mod", "float_mul", "float_ne", "float_neg", "float_pow", "float_radians",
    "float_round_to_int", "float_sin", "float_sinh", "float_sqrt", "float_sub", "float_tan", "float_tanh",
    "float_to_int", "frame_clear", "frame_local", "frame_put", "frame_set_instruction", "frame_stack",
    "frame_store", "frame_take", "frame_take_stack", "guard_bound", "guard_frame", "guard_true", "guard_type",
    "guard_unique", "guard_value", "has_type", "incref", "int_abs", "int_add", "int_add_in_range", "int_and",
    "int_bit_count", "int_bit_length", "int_eq", "int_floordiv", "int_ge", "int_gt", "int_invert",
    "int_is_true", "int_le", "int_lshift", "int_lt", "int_max", "int_min", "int_mod", "int_mul", "int_ne",
    "int_neg", "int_or", "int_pow", "int_rshift", "int_sub", "int_sub_in_range", "int_to_float",
    "int_to_float_exact", "int_truediv", "int_xor", "is_none", "is_null", "is_same", "iterator_next", "jump",
    "known_bound", "leave_function", "list_append", "list_concat", "list_copy", "list_extend", "list_init",
    "list_is_true", "list_item", "list_iter_index", "list_iter_list", "list_len", "list_new", "list_pop_last",
    "list_repeat", "list_reverse_iter_index", "list_reverse_iter_list", "list_set_item", "list_slice",
    "load_global", "make_enumerate", "make_list", "make_list_iterator", "make_list_reverse_iterator",
    "make_range", "make_range_iterator", "make_slice", "make_str_iterator", "make_tuple", "make_tuple_iterator",
    "make_zip", "object_ascii", "object_attribute", "object_binary", "object_compare", "object_contains",
    "object_delete_attribute", "object_delete_item", "object_format", "object_inplace_power", "object_is_true",
    "object_item", "object_iter", "object_length", "object_power", "object_repr", "object_set_attribute",
    "object_set_item", "object_set_slice", "object_slice", "object_str", "object_unary", "range_iter_length",
    "range_iter_start", "range_iter_step", "range_length", "range_start", "range_step", "range_stop", "release",
    "return_", "set_add", "set_new", "store_global", "str_append", "str_chr", "str_compare", "str_concat",
    "str_contains", "str_eq", "str_is_true", "str_item", "str_iter_index", "str_iter_str", "str_len", "str_ne",
    "str_ord", "str_ord_at", "str_slice", "tuple_init", "tuple_is_true", "tuple_item", "tuple_iter_index",
    "tuple_iter_tuple", "tuple_len", "tuple_new", "tuple_slice", "unbox_bool", "unbox_float", "unbox_int",
    "unbox_number", "unreachable", "xdecref", "xdecref_unobserved", "xincref", "xrelease", "zip_iterator",
]
