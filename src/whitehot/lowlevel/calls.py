"""Calls in the low-level language: intrinsics, C functions, routines, conversions. (Inline functions: `statements.py`.)"""

from __future__ import annotations

import ast
from collections.abc import Callable

from whitehot.cpython.capi import C, Signature
from whitehot.cpython.structure import ArrayType, FieldType, Pointer, ScalarType, name_of, parse_type
from whitehot.lowlevel import intrinsics
from whitehot.lowlevel.expressions import Expressions
from whitehot.lowlevel.intrinsics import PURE, Pure
from whitehot.lowlevel.source import Source, annotated
from whitehot.lowlevel.values import BOOL, F64, I64, U64, Value, integer_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

type Result = Value | tuple[Value, ...] | None


def signature_of(source: Source) -> Signature:
    """The C types of a routine. Raises LowLevelError where an annotation is missing or no low-level type."""
    tree = source.tree
    if tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs or tree.args.defaults:
        source.refuse(tree, "a routine has plain parameters only")
    try:
        parameters = tuple(annotated(argument.annotation) for argument in tree.args.args)
        result = returned_type(tree)
    except ValueError as error:
        source.refuse(tree, f"annotations of parameters and result: {error}")
    return Signature(parameters, result)


def returned_type(tree: ast.FunctionDef) -> FieldType | None:
    """The type after `->`, None for `None`. Raises ValueError."""
    match tree.returns:
        case None:
            raise ValueError("the result's type is missing")
        case ast.Constant(value=None) | ast.Name(id="NoReturn"):
            return None
    return annotated(tree.returns)


class Calls(Expressions):
    """Translates calls."""

    def call(self, node: ast.Call) -> Result:
        """Translate a call of anything that may be called."""
        target = self.object(node.func)
        if isinstance(target, ScalarType) or target in {int, float}:
            return self._convert(target, node)
        if target is min or target is max:
            return self._extreme(node, "gt" if target is max else "lt")
        if isinstance(target, C):
            return self._function(self.builder.declare_function(target.name, target.signature), target.signature, node)
        kind = getattr(target, "__lowlevel__", None)
        if kind == "routine":
            signature = signature_of(Source(target))
            return self._function(self.routine(target, signature), signature, node)
        if kind == "inline":
            return self.inline(target, node)
        name = getattr(target, "__name__", "")
        if name in PURE and PURE[name].function is target:
            return self._pure(PURE[name], node)
        if name in _SPECIAL and target is getattr(intrinsics, name, None):
            return _SPECIAL[name](self, node)
        return self.refuse(
            node,
            f"{ast.unparse(node.func)} cannot be called; use an intrinsic, a function of capi, or decorate it with @inline or @routine",
        )

    def inline(self, function: Callable[..., Any], node: ast.Call) -> Result:
        """Translate a call of an inline function in place."""
        raise NotImplementedError

    def routine(self, function: Callable[..., Any], signature: Signature) -> str:
        """The symbol of a routine, remembered as needed."""
        self.builder.routines[function.__name__] = function
        return self.builder.declare_function(function.__name__, signature)

    def arguments(self, node: ast.Call, names: list[str], *, optional: int = 0) -> list[ast.expr]:
        """The arguments in the order of the parameters' names. Refuses a wrong number."""
        given = list(node.args)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        for name in names[len(given) :]:
            if name in keywords:
                given.append(keywords.pop(name))
        if keywords or not len(names) - optional <= len(given) <= len(names):
            self.refuse(node, f"{ast.unparse(node.func)} takes ({', '.join(names)})")
        return given

    # Kinds of calls

    def _function(self, callee: str, signature: Signature, node: ast.Call) -> Value | None:
        wanted = signature.parameters
        if node.keywords or len(node.args) < len(wanted) or (len(node.args) > len(wanted) and not signature.variadic):
            self.refuse(node, f"{ast.unparse(node.func)} takes {len(wanted)} arguments, by position")
        values = [self.value(argument) for argument in node.args]
        arguments = [(type_, self.argument(value, type_, node)) for type_, value in zip(wanted, values, strict=False)]
        arguments += [(value.type, value) for value in values[len(wanted) :]]
        return self.builder.call(callee, signature, arguments)

    def argument(self, value: Value, type_: FieldType, node: ast.AST) -> Value:
        """A value that is to be stored or passed as a C type: any integer may be cut to any integer type."""
        if value.is_integer and integer_type(type_):
            return value
        return self.adapt(value, ArrayType(type_.element) if isinstance(type_, ArrayType) else type_, node)

    def _convert(self, target: Any, node: ast.Call) -> Value:
        (argument,) = self.arguments(node, ["value"])
        value = self.value(argument)
        type_: ScalarType = {int: I64, float: F64}.get(target, target)
        if type_ is F64:
            if value.is_integer or value.type is BOOL:
                signed = value.type is I64
                kind = "i1" if value.type is BOOL else "i64"
                return self.builder.result(F64, f"{'s' if signed else 'u'}itofp {kind} {value.text} to double")
            return self.adapt(value, F64, node)
        if type_ is BOOL or not (value.is_integer or value.type is BOOL):
            self.adapt(value, type_, node)
        return self.builder.wrapped(value, type_)

    def _extreme(self, node: ast.Call, order: str) -> Value:
        """`min` and `max` as Python does them: the first unless the second is beyond it."""
        first, second = (self.value(argument) for argument in self.arguments(node, ["first", "second"]))
        type_ = self.common(first, second, node)
        first, second = self.adapt(first, type_, node), self.adapt(second, type_, node)
        if type_ is F64:
            beyond = f"fcmp o{order} double {second.text}, {first.text}"
        elif type_ in (I64, U64):
            beyond = f"icmp {'s' if type_ is I64 else 'u'}{order} i64 {second.text}, {first.text}"
        else:
            self.refuse(node, f"min and max take numbers, not {name_of(type_)}")
        return self.choose(self.builder.result(BOOL, beyond), second, first, node)

    def _pure(self, pure: Pure, node: ast.Call) -> Result:
        parameters = pure.function.__annotations__
        wanted = [parse_type(name) for key, name in parameters.items() if key != "return"]
        given = [
            self.value(argument) for argument in self.arguments(node, [key for key in parameters if key != "return"])
        ]
        values = [
            value if type_ in (I64, U64) and value.is_integer else self.adapt(value, type_, node)
            for type_, value in zip(wanted, given, strict=True)
        ]
        is_unsigned = any(value.type is U64 for value in values)
        name = pure.function.__name__
        if name in {"unsigned", "signed"}:
            return Value(values[0].text, U64 if name == "unsigned" else I64, None)
        lines = pure.unsigned if is_unsigned and pure.unsigned else pure.lines
        names = {
            key: self.builder.fresh()
            for key in ("r", "r1", "t", "t1", "t2", "t3")
            if any(f"{{{key}}}" in x for x in lines)
        }
        for declared in pure.declares:
            self.builder.declarations[declared.partition("@")[2].partition("(")[0]] = declared
        for line in lines:
            self.builder.emit(line.format(*(value.text for value in values), **names))
        if "r1" in names:
            return Value(names["r"], I64), Value(names["r1"], BOOL)
        result = parse_type(parameters["return"])
        return Value(names["r"], U64 if is_unsigned and result is I64 and pure.unsigned else result)

    # Intrinsics that need more than operands

    def _select(self, node: ast.Call) -> Value:
        condition, chosen, other = self.arguments(node, ["condition", "chosen", "other"])
        return self.choose(self.condition(condition), self.value(chosen), self.value(other), node)

    def _expected(self, node: ast.Call) -> Value:
        return self.condition(self.arguments(node, ["condition"])[0])

    def _exit(self, node: ast.Call) -> None:
        self.arguments(node, [])
        self.builder.jump(self.exit_for(node))

    def exit_for(self, node: ast.Call) -> str:
        """The label that a call of `side_exit` or `raise_exit` leads to."""
        if not self.builder.exits:
            self.refuse(node, f"{ast.unparse(node)} is for bodies of operations only")
        return self.builder.exit_label(raising=self.object(node.func) is intrinsics.raise_exit)

    def _unreachable(self, node: ast.Call) -> None:
        self.arguments(node, [])
        self.builder.terminate("unreachable")

    def _address_of(self, node: ast.Call) -> Value:
        (symbol,) = self.arguments(node, ["symbol"])
        of = parse_type("Object")
        if isinstance(symbol, ast.Constant) and isinstance(symbol.value, str):
            return Value(self.builder.symbol(symbol.value), of)
        target = self.object(symbol)
        if isinstance(target, C):
            return Value(self.builder.declare_function(target.name, target.signature), of)
        if getattr(target, "__lowlevel__", None) == "routine":
            return Value(self.routine(target, signature_of(Source(target))), of)
        return self.refuse(node, "address_of takes a literal string, a function of capi or a routine")

    def _c_string(self, node: ast.Call) -> Value:
        (text,) = self.arguments(node, ["text"])
        found = text.value if isinstance(text, ast.Constant) else self.object(text)
        if not isinstance(found, str):
            self.refuse(node, "c_string takes a literal or a module-level string")
        return Value(self.builder.string(found.encode()), Pointer)

    def pointer(self, node: ast.expr) -> Value:
        """Translate an expression that must be an address."""
        value = self.value(node)
        if not value.is_pointer:
            self.refuse(node, f"{name_of(value.type)} is no address")
        return value

    def _null(self, node: ast.Call) -> Value:
        return Value("null", self._pointer_type(self.arguments(node, ["of"])[0], node))

    def _pointer_type(self, of: ast.expr, node: ast.AST) -> FieldType:
        type_ = self.type_of(of, node)
        if isinstance(type_, ScalarType):
            self.refuse(node, f"{type_} is no type of address")
        return ArrayType(type_.element) if isinstance(type_, ArrayType) else type_

    def _cast(self, node: ast.Call) -> Value:
        to, pointer = self.arguments(node, ["to", "pointer"])
        return Value(self.pointer(pointer).text, self._pointer_type(to, node))

    def _load(self, node: ast.Call) -> Value:
        of, pointer = self.arguments(node, ["of", "pointer"])
        return self.builder.load(self.type_of(of, node), self.pointer(pointer))

    def _store(self, node: ast.Call) -> None:
        of, pointer, value = self.arguments(node, ["of", "pointer", "value"])
        type_, address = self.type_of(of, node), self.pointer(pointer)
        self.builder.store(type_, address, self.argument(self.value(value), type_, node))

    def _add_bytes(self, node: ast.Call) -> Value:
        pointer, count = self.arguments(node, ["pointer", "count"])
        address, offset = self.pointer(pointer), self.adapt(self.value(count), I64, node)
        return self.builder.result(address.type, f"getelementptr i8, ptr {address.text}, i64 {offset.text}")

    def _mask_pointer(self, node: ast.Call) -> Value:
        pointer, mask = self.arguments(node, ["pointer", "mask"])
        address, bits = self.pointer(pointer), self.adapt(self.value(mask), I64, node)
        name = "llvm.ptrmask.p0.i64"
        self.builder.declarations[name] = f"declare ptr @{name}(ptr, i64)"
        return self.builder.result(address.type, f"call ptr @{name}(ptr {address.text}, i64 {bits.text})")

    def _address_bits(self, node: ast.Call) -> Value:
        (pointer,) = self.arguments(node, ["pointer"])
        return self.builder.result(U64, f"ptrtoint ptr {self.pointer(pointer).text} to i64")

    def _field_address(self, node: ast.Call) -> Value:
        structure, field = self.arguments(node, ["structure", "field"])
        if not (isinstance(field, ast.Constant) and isinstance(field.value, str)):
            self.refuse(node, "the field's name must be a literal string")
        pointer = self.pointer(structure)
        return self.builder.at_offset(pointer, self.field(pointer, field.value, node).offset, Pointer)

    def _element_address(self, node: ast.Call) -> Value:
        row, index = (self.value(argument) for argument in self.arguments(node, ["row", "index"]))
        if not isinstance(row.type, ArrayType) or not index.is_integer:
            self.refuse(node, "element_address takes an Array[...] and an integer")
        return self.builder.element(row, index)

    def _stack_array(self, node: ast.Call) -> Value:
        of, count = self.arguments(node, ["of", "count"])
        number = self.value(count).literal
        if not isinstance(number, int) or number < 1:
            self.refuse(node, "the number of elements must be a positive literal")
        return self.builder.stack_array(self.type_of(of, node), number)

    def _copy_bytes(self, node: ast.Call) -> None:
        to, source, count = self.arguments(node, ["to", "source", "count"])
        addresses = f"ptr {self.pointer(to).text}, ptr {self.pointer(source).text}"
        name = "llvm.memcpy.p0.p0.i64"
        self.builder.declarations[name] = f"declare void @{name}(ptr, ptr, i64, i1)"
        size = self.argument(self.value(count), I64, node)
        self.builder.emit(f"call void @{name}({addresses}, i64 {size.text}, i1 false)")

    def _fill_bytes(self, node: ast.Call) -> None:
        to, byte, count = self.arguments(node, ["to", "byte", "count"])
        address = self.pointer(to).text
        filler = self.builder.narrowed(self.argument(self.value(byte), I64, node), 8)
        size = self.argument(self.value(count), I64, node)
        name = "llvm.memset.p0.i64"
        self.builder.declarations[name] = f"declare void @{name}(ptr, i8, i64, i1)"
        self.builder.emit(f"call void @{name}(ptr {address}, i8 {filler}, i64 {size.text}, i1 false)")

    def _call(self, node: ast.Call) -> Value | None:
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        if not node.args or not {"result"} <= set(keywords) <= {"result", "parameters"}:
            self.refuse(node, "write call(function, arguments..., result=T) (None for no result)")
        callee = self.pointer(node.args[0])
        values = [self.value(argument) for argument in node.args[1:]]
        types = [value.type for value in values]
        match keywords.get("parameters"):
            case None:
                pass
            case ast.Tuple(elts=given) if len(given) == len(values):
                types = [self.type_of(type_, node) for type_ in given]
            case _:
                self.refuse(node, "parameters= takes a tuple of as many types as there are arguments")
        wanted = keywords["result"]
        is_void = isinstance(wanted, ast.Constant) and wanted.value is None
        signature = Signature(tuple(types), None if is_void else self.type_of(wanted, node))
        arguments = [(type_, self.argument(value, type_, node)) for type_, value in zip(types, values, strict=True)]
        return self.builder.call(callee.text, signature, arguments)


_SPECIAL: dict[str, Callable[[Calls, ast.Call], Result]] = {
    "select": Calls._select,
    "likely": Calls._expected,
    "unlikely": Calls._expected,
    "side_exit": Calls._exit,
    "raise_exit": Calls._exit,
    "unreachable": Calls._unreachable,
    "address_of": Calls._address_of,
    "c_string": Calls._c_string,
    "null": Calls._null,
    "cast": Calls._cast,
    "load": Calls._load,
    "store": Calls._store,
    "add_bytes": Calls._add_bytes,
    "mask_pointer": Calls._mask_pointer,
    "address_bits": Calls._address_bits,
    "field_address": Calls._field_address,
    "element_address": Calls._element_address,
    "stack_array": Calls._stack_array,
    "copy_bytes": Calls._copy_bytes,
    "fill_bytes": Calls._fill_bytes,
    "call": Calls._call,
}
