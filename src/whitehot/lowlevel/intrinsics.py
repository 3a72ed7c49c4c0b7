"""The functions of the low-level language: what they mean in Python, and for the pure ones their LLVM instructions.

`@pure(line, ...)` declares a pure one: the decorated function says what it does and of what types it is, the lines are LLVM
instructions, in which `{r}` is the result, `{0}`, `{1}` … are operands and `{t}` a fresh local name. The translator knows the
others (memory, exits, addresses) by name; they exist only compiled.
"""

# Functions that exist only compiled have parameters for type checkers alone.
# ruff: noqa: ARG001

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from whitehot.cpython.structure import Array, Pointer, f64, i64, offset_of, size_of, u64
from whitehot.lowlevel.errors import LowLevelError, RaiseExit, SideExit
from whitehot.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from whitehot.cpython.layout import Object

__all__ = [
    "Global", "add_bytes", "add_with_overflow", "address_bits", "address_of", "bits_of", "c_string", "call", "cast", "ceil",
    "copy_bytes", "copysign", "count_leading_zeros", "count_ones", "count_trailing_zeros", "divide_truncated",
    "element_address", "fabs", "field_address", "fill_bytes", "float_from_bits", "floor", "global_variable", "inline",
    "is_finite", "is_nan", "likely", "load", "mask_pointer", "mul_with_overflow", "multiply_high", "null", "offset_of",
    "raise_exit", "remainder_truncated", "round_half_even", "routine", "select", "side_exit", "signed", "size_of", "sqrt",
    "stack_array", "store", "sub_with_overflow", "to_f64", "trunc", "truncate_to_i64", "unlikely", "unreachable", "unsigned",
]  # fmt: skip

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Pure:
    """The LLVM side of a pure intrinsic. `unsigned` lines replace `lines` where an operand is a `u64`."""

    lines: tuple[str, ...]
    unsigned: tuple[str, ...]
    declares: tuple[str, ...]
    function: Callable[..., Any]


#: Pure intrinsics by name.
PURE: dict[str, Pure] = {}


def pure[F: Callable[..., Any]](
    *lines: str, unsigned: tuple[str, ...] = (), declares: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Declare a pure intrinsic; see the module's docstring. `declares` are LLVM declarations that it needs."""

    def register(function: F) -> F:
        PURE[function.__name__] = Pure(lines, unsigned, declares, function)
        return function

    return register


def _wrap(value: int) -> int:
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


def _overflowing(operation: str) -> dict[str, Any]:
    name = f"llvm.s{operation}.with.overflow.i64"
    return {
        "lines": (
            f"{{t}} = call {{{{i64, i1}}}} @{name}(i64 {{0}}, i64 {{1}})",
            "{r} = extractvalue {{i64, i1}} {t}, 0",
            "{r1} = extractvalue {{i64, i1}} {t}, 1",
        ),
        "declares": (f"declare {{i64, i1}} @{name}(i64, i64)",),
    }


def _overflow[F: Callable[..., Any]](operation: str) -> Callable[[F], F]:
    parts = _overflowing(operation)
    return pure(*parts["lines"], declares=parts["declares"])


@_overflow("add")
def add_with_overflow(left: i64, right: i64) -> tuple[i64, bool]:
    """left + right, wrapped, and whether it had to be."""
    wrapped = _wrap(left + right)
    return wrapped, wrapped != left + right


@_overflow("sub")
def sub_with_overflow(left: i64, right: i64) -> tuple[i64, bool]:
    """left - right, wrapped, and whether it had to be."""
    wrapped = _wrap(left - right)
    return wrapped, wrapped != left - right


@_overflow("mul")
def mul_with_overflow(left: i64, right: i64) -> tuple[i64, bool]:
    """left * right, wrapped, and whether it had to be."""
    wrapped = _wrap(left * right)
    return wrapped, wrapped != left * right


@pure("{r} = sdiv i64 {0}, {1}", unsigned=("{r} = udiv i64 {0}, {1}",))
def divide_truncated(left: i64, right: i64) -> i64:
    """C's `/`. `right` must not be 0, nor the quotient 2**63: the machine's division traps."""
    quotient = abs(left) // abs(right)
    return -quotient if (left < 0) != (right < 0) else quotient


@pure("{r} = srem i64 {0}, {1}", unsigned=("{r} = urem i64 {0}, {1}",))
def remainder_truncated(left: i64, right: i64) -> i64:
    """C's `%`: has the sign of `left`. The same conditions as `divide_truncated`."""
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


@pure(
    "{t} = sext i64 {0} to i128",
    "{t1} = sext i64 {1} to i128",
    "{t2} = mul i128 {t}, {t1}",
    "{t3} = lshr i128 {t2}, 64",
    "{r} = trunc i128 {t3} to i64",
)
def multiply_high(left: i64, right: i64) -> i64:
    """The upper half of the signed 128-bit product."""
    return left * right >> 64


@pure()
def unsigned(value: i64) -> u64:
    """The same 64 bits, unsigned."""
    return value & _MASK


@pure()
def signed(value: u64) -> i64:
    """The same 64 bits, signed."""
    return _wrap(value)


@pure("{r} = call i64 @llvm.ctlz.i64(i64 {0}, i1 false)", declares=("declare i64 @llvm.ctlz.i64(i64, i1)",))
def count_leading_zeros(value: i64) -> i64:
    """Zero bits above the highest one; 64 for 0."""
    return 64 - (value & _MASK).bit_length()


@pure("{r} = call i64 @llvm.cttz.i64(i64 {0}, i1 false)", declares=("declare i64 @llvm.cttz.i64(i64, i1)",))
def count_trailing_zeros(value: i64) -> i64:
    """Zero bits below the lowest one; 64 for 0."""
    return (value & -value).bit_length() - 1 if value else 64


@pure("{r} = call i64 @llvm.ctpop.i64(i64 {0})", declares=("declare i64 @llvm.ctpop.i64(i64)",))
def count_ones(value: i64) -> i64:
    """One bits among 64."""
    return (value & _MASK).bit_count()


@pure("{r} = sitofp i64 {0} to double", unsigned=("{r} = uitofp i64 {0} to double",))
def to_f64(value: i64) -> f64:
    """The nearest float, of two the even one."""
    return float(value)


@pure("{r} = fptosi double {0} to i64")
def truncate_to_i64(value: f64) -> i64:
    """Rounded towards zero; must be within an i64's range."""
    return int(value)


@pure("{r} = bitcast double {0} to i64")
def bits_of(value: f64) -> i64:
    """The bits of a float."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits


@pure("{r} = bitcast i64 {0} to double")
def float_from_bits(bits: i64) -> f64:
    """The float that has these bits."""
    value: float = struct.unpack("<d", struct.pack("<q", _wrap(bits)))[0]
    return value


def _unary(name: str) -> Callable[[Callable[[f64], f64]], Callable[[f64], f64]]:
    return pure(
        f"{{r}} = call double @llvm.{name}.f64(double {{0}})", declares=(f"declare double @llvm.{name}.f64(double)",)
    )


@_unary("sqrt")
def sqrt(value: f64) -> f64:
    """The square root; NaN of negative numbers."""
    return math.sqrt(value) if value >= 0 else math.nan


def _integral(value: f64, rounded: Callable[[f64], int]) -> f64:
    if not math.isfinite(value) or abs(value) >= 2.0**52:
        return value
    return math.copysign(float(rounded(value)), value)


@_unary("floor")
def floor(value: f64) -> f64:
    """Rounded down, a float; -0.0, infinities and NaN stay."""
    return _integral(value, math.floor)


@_unary("ceil")
def ceil(value: f64) -> f64:
    """Rounded up, a float; -0.5 gives -0.0."""
    return _integral(value, math.ceil)


@_unary("trunc")
def trunc(value: f64) -> f64:
    """Rounded towards zero, a float that keeps its sign."""
    return _integral(value, math.trunc)


@_unary("rint")
def round_half_even(value: f64) -> f64:
    """Rounded to the nearest integer, of two the even one (C's `rint`)."""
    return _integral(value, round)


@_unary("fabs")
def fabs(value: f64) -> f64:
    """The absolute value; clears the sign of NaN too."""
    return math.fabs(value)


@pure(
    "{r} = call double @llvm.copysign.f64(double {0}, double {1})",
    declares=("declare double @llvm.copysign.f64(double, double)",),
)
def copysign(value: f64, sign: f64) -> f64:
    """`value` with the sign of `sign`."""
    return math.copysign(value, sign)


@pure("{r} = fcmp uno double {0}, 0.0")
def is_nan(value: f64) -> bool:
    """Whether it is not a number."""
    return math.isnan(value)


@pure(
    "{t} = call double @llvm.fabs.f64(double {0})",
    "{r} = fcmp olt double {t}, 0x7FF0000000000000",
    declares=("declare double @llvm.fabs.f64(double)",),
)
def is_finite(value: f64) -> bool:
    """Whether it is neither infinite nor NaN."""
    return math.isfinite(value)


def select[T](condition: bool, chosen: T, other: T) -> T:
    """`chosen` if the condition holds, else `other`, without a branch."""
    return chosen if condition else other


def likely(condition: bool) -> bool:
    """The condition, which mostly holds."""
    return condition


def unlikely(condition: bool) -> bool:
    """The condition, which seldom holds."""
    return condition


def side_exit() -> NoReturn:
    """Leave to the interpreter before this bytecode, nothing changed."""
    raise SideExit


def raise_exit() -> NoReturn:
    """Leave to the interpreter at this bytecode, with a Python exception set."""
    raise RaiseExit


def unreachable() -> NoReturn:
    """A place that is never reached."""
    raise AssertionError("reached what was declared unreachable")


def _compiled_only(name: str) -> NoReturn:
    raise LowLevelError(f"{name} exists only in compiled code")


def address_of(symbol: object) -> Object:
    """The address of an exported symbol, or of a routine."""
    _compiled_only("address_of")


def c_string(text: str) -> Pointer:
    """The address of a constant C string."""
    _compiled_only("c_string")


def null[T](of: type[T]) -> T:
    """A null pointer."""
    _compiled_only("null")


def cast[T](to: type[T], pointer: Pointer | None) -> T:
    """The same address as another type of pointer."""
    _compiled_only("cast")


def load[T](of: type[T], pointer: Pointer) -> T:
    """What lies at an address."""
    _compiled_only("load")


def store[T](of: type[T], pointer: Pointer, value: T | None) -> None:
    """Put a value to an address."""
    _compiled_only("store")


def add_bytes[T: Pointer](pointer: T, count: i64) -> T:
    """The address `count` bytes on."""
    _compiled_only("add_bytes")


def mask_pointer[T: Pointer](pointer: T, mask: i64) -> T:
    """The address with only the bits of `mask` kept."""
    _compiled_only("mask_pointer")


def address_bits(pointer: Pointer | None) -> u64:
    """The address as a number, for tests; never to be made a pointer again."""
    _compiled_only("address_bits")


def field_address(structure: Pointer, field: str) -> Pointer:
    """The address of a structure's field."""
    _compiled_only("field_address")


def element_address[T](row: Array[T], index: i64) -> Array[T]:
    """The address of an element: the row that begins there."""
    _compiled_only("element_address")


def stack_array[T](of: type[T], count: int) -> Array[T]:
    """A row of `count` (a literal) on the C stack, uninitialized."""
    _compiled_only("stack_array")


def copy_bytes(to: Pointer, source: Pointer, count: i64) -> None:
    """`memcpy`: the two must not overlap."""
    _compiled_only("copy_bytes")


def fill_bytes(to: Pointer, byte: i64, count: i64) -> None:
    """`memset`."""
    _compiled_only("fill_bytes")


if TYPE_CHECKING:
    from typing import overload

    @overload
    def call[T](function: Pointer, *arguments: Any, result: type[T], parameters: tuple[Any, ...] = ...) -> T: ...

    @overload
    def call(function: Pointer, *arguments: Any, result: None, parameters: tuple[Any, ...] = ...) -> None: ...

    def call(function: Pointer, *arguments: Any, result: Any, parameters: tuple[Any, ...] = ()) -> Any: ...

else:

    def call(function: Pointer, *arguments: Any, result: Any, parameters: tuple[Any, ...] = ()) -> Any:
        """Call the C function at an address."""
        _compiled_only("call")


def routine[F: Callable[..., Any]](function: F) -> F:
    """A C function of ours, exported by `module_of` under its own name. It stays callable as Python where its body allows it."""
    function.__lowlevel__ = "routine"  # type: ignore[attr-defined]
    return function


def inline[F: Callable[..., Any]](function: F) -> F:
    """A function that is translated in place wherever it is called."""
    function.__lowlevel__ = "inline"  # type: ignore[attr-defined]
    return function


class _Variable:
    """A mutable variable of compiled code."""

    def __init__(self, name: str, of: Any, initial: float, count: int) -> None:
        self.name = name
        self.type = of
        self.initial = initial
        self.count = count


if TYPE_CHECKING:
    # A generic class would load `typing`.
    class Global[T](_Variable):
        """A mutable variable of compiled code; `value` (what it holds) and `address` (where it lies) exist only there. See `global_variable`."""

        value: T

        @property
        def address(self) -> Array[T]: ...

else:

    class Global(_Variable):
        """A mutable variable of compiled code."""

        value = property(lambda _: _compiled_only("value"), lambda *_: _compiled_only("value"))
        address = property(lambda _: _compiled_only("address"))


def global_variable[T](name: str, of: type[T], initial: float = 0, *, count: int = 1) -> Global[T]:
    """A mutable variable (or `count` of them in a row), exported under `name` by the module whose routines use it. Pointers begin as null."""
    return Global(name, of, initial, count)
