"""From low-level functions to LLVM IR: the work behind `whitehot.lowlevel.translate`, loaded when something has to be translated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from whitehot.cpython.structure import BOOL_TYPE, FieldType, ScalarType, parse_type
from whitehot.lowlevel.builder import Builder, returned
from whitehot.lowlevel.calls import signature_of
from whitehot.lowlevel.expressions import Scope
from whitehot.lowlevel.intrinsics import Global
from whitehot.lowlevel.source import Source, annotated
from whitehot.lowlevel.statements import Statements, results_of
from whitehot.lowlevel.text import FIRST_OPERAND, METADATA, PREFIX, HoledText, hole
from whitehot.lowlevel.translate import IMPLICIT, Template, merge_declarations
from whitehot.lowlevel.values import (
    Value,
    c_type,
    extension,
    integer_type,
    memory_type,
    register_type,
    symbol_literal,
    widened,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def template_of(function: Callable[..., Any], attributes: Sequence[str] = ()) -> Template:
    """Translate an operation's body. Raises LowLevelError where it is not in the language."""
    source = Source(function)
    builder = Builder(exits=True)
    results = results_of(source)
    if len(results) > 1:
        source.refuse(source.tree, "an operation has one result")
    scope = Scope(source, callers=(function,))
    translator = Statements(builder, scope, results)
    operand_types, attribute_types = _bind(source, scope, attributes)
    values = translator.function()
    if builder.block is None:
        builder.begin(builder.label())
    lines = builder.lines
    if builder.needs_entry_label:
        lines = [f"  br label %{PREFIX}b0", f"{PREFIX}b0:", *lines]
        builder.block = builder.block or f"{PREFIX}b0"
    return Template(
        source.name,
        operand_types,
        attribute_types,
        register_type(results[0]) if results else None,
        builder.can_exit,
        builder.can_raise,
        {**builder.declarations, **_external(builder.globals)},
        "".join(f"{line}\n" for line in lines),
        "".join(f"{line}\n" for line in builder.allocas),
        values[0].text if values else None,
        builder.block or None,
    )


def _bind(source: Source, scope: Scope, attributes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Declare the parameters; the LLVM types of the operands and of the attributes."""
    operand_types: list[str] = []
    attribute_types: list[str] = []
    parameters = source.tree.args.args
    count = sum(p.arg not in attributes and p.arg not in IMPLICIT for p in parameters)
    for parameter in parameters:
        try:
            type_ = widened(annotated(parameter.annotation))
        except ValueError as error:
            source.refuse(parameter, f"parameter {parameter.arg}: {error}")
        if parameter.arg in IMPLICIT and parameter.arg not in attributes:
            if type_ != widened(parse_type(IMPLICIT[parameter.arg])):
                source.refuse(parameter, f"{parameter.arg} is implicit and must be a {IMPLICIT[parameter.arg]}")
            text = f"%{parameter.arg}"
        elif parameter.arg in attributes:
            text = hole(FIRST_OPERAND + count + list(attributes).index(parameter.arg))
            attribute_types.append(register_type(type_))
        else:
            text = hole(FIRST_OPERAND + len(operand_types))
            operand_types.append(register_type(type_))
        scope.variables[parameter.arg] = Value(text, type_)
        scope.declared[parameter.arg] = type_
    return operand_types, attribute_types


def _external(variables: Mapping[str, Global[Any]]) -> dict[str, str]:
    return {name: f"{symbol_literal(name)} = external global {memory_type(_of(v))}" for name, v in variables.items()}


def _of(variable: Global[Any]) -> FieldType:
    return BOOL_TYPE if variable.type is bool else variable.type


def _definition(variable: Global[Any]) -> str:
    type_ = memory_type(_of(variable))
    initial = (
        "zeroinitializer"
        if not isinstance(_of(variable), ScalarType) or variable.count > 1
        else str(int(variable.initial))
    )
    if type_ == "double":
        initial = repr(float(variable.initial)) if variable.count == 1 else "zeroinitializer"
    shape = type_ if variable.count == 1 else f"[{variable.count} x {type_}]"
    return f"{symbol_literal(variable.name)} = global {shape} {initial}, align 8"


def _define(function: Callable[..., Any], builder: Builder, attributes: str) -> str:
    """The LLVM definition of one routine."""
    source = Source(function)
    signature = signature_of(source)
    scope = Scope(source, callers=(function,))
    results = () if signature.result is None else (widened(signature.result),)
    parameters = []
    for argument, type_ in zip(source.tree.args.args, signature.parameters, strict=True):
        parameters.append(f"{c_type(type_)} {extension(type_)}%{argument.arg}")
        integer = integer_type(type_)
        text = f"%{argument.arg}"
        scope.variables[argument.arg] = builder.extended(text, integer) if integer else Value(text, widened(type_))
        scope.declared[argument.arg] = widened(type_)
    translator = Statements(builder, scope, results)
    values = translator.function()
    if builder.block is not None:
        if signature.result is None:
            builder.terminate("ret void")
        else:
            integer = integer_type(signature.result)
            text = builder.narrowed(values[0], integer.bits) if integer else values[0].text
            builder.terminate(f"ret {c_type(signature.result)} {text}")
    body = "".join(
        f"{line}\n" for line in [*builder.allocas, f"  br label %{PREFIX}b0", f"{PREFIX}b0:", *builder.lines]
    )
    head = f"define {returned(signature)} {symbol_literal(source.name)}({', '.join(parameters)}) {attributes}"
    return HoledText(f"{head} {{\n{body}}}\n").fill(["v.", "", ""])


def module_text(routines: Iterable[Callable[..., Any]], attributes: str) -> str:
    """See `whitehot.lowlevel.translate.module_of`."""
    wanted = {function.__name__: function for function in routines}
    definitions: dict[str, str] = {}
    declarations: dict[str, str] = {}
    variables: dict[str, Global[Any]] = {}
    while missing := [name for name in wanted if name not in definitions]:
        for name in missing:
            builder = Builder(exits=False)
            definitions[name] = _define(wanted[name], builder, attributes)
            merge_declarations(declarations, builder.declarations)
            variables |= builder.globals
            wanted |= builder.routines
    heads = [line for symbol, line in declarations.items() if symbol not in definitions]
    return "\n".join([*map(_definition, variables.values()), *heads, "", *definitions.values(), METADATA])
