"""Statements of the low-level language, translated straight to SSA form.

Control flow is structured, so that no variable needs memory: where paths meet, variables whose values differ become phis; a loop's header
has a phi for each variable that its body assigns.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from whitehot.cpython.structure import FieldType, name_of
from whitehot.lowlevel import intrinsics
from whitehot.lowlevel.builder import LIKELY, UNLIKELY, Builder
from whitehot.lowlevel.calls import Calls, Result
from whitehot.lowlevel.expressions import Scope
from whitehot.lowlevel.source import Source, annotated, suite_of
from whitehot.lowlevel.values import BOOL, I64, Value, adapted, common_type, number, widened
from whitehot.record import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

type Variables = dict[str, Value | None]
#: A path that arrives somewhere: the label it comes from and the variables it brings.
type Arrival = tuple[str, Variables]


@dataclass(slots=True)
class Loop:
    """The loop being translated: where `continue` and `break` go, and which paths have gone there."""

    latch: str
    end: str
    continues: list[Arrival] = field(default_factory=list)
    breaks: list[Arrival] = field(default_factory=list)


class Statements(Calls):
    """Translates the statements of one scope."""

    def __init__(self, builder: Builder, scope: Scope, result: tuple[FieldType, ...]) -> None:
        super().__init__(builder, scope)
        self.result = result
        self.loops: list[Loop] = []
        #: Label and values of each `return`, and the line its jump stands on.
        self.returns: list[tuple[str, tuple[Value, ...], int]] = []
        self.done = builder.label()

    # Functions

    def function(self) -> tuple[Value, ...]:
        """Translate the whole function; afterwards control is behind it with the results, or nowhere."""
        tree = self.scope.source.tree
        self.suite(suite_of(tree))
        if self.builder.block is not None:
            if self.result:
                self.refuse(tree, "the end is reached without a return")
            self._return(())
        if not self.returns:
            return tuple(Value("poison", type_) for type_ in self.result)
        label, values, line = self.returns[-1]
        if len(self.returns) == 1 and line == len(self.builder.lines) - 1:
            self.builder.lines.pop()
            self.builder.block = label
            return values
        self.builder.begin(self.done)
        columns = zip(*(values for _, values, _ in self.returns), strict=True)
        labels = [self._label(label) for label, _, _ in self.returns] if self.result else []
        return tuple(
            self.builder.phi(type_, zip(column, labels, strict=True))
            for type_, column in zip(self.result, columns, strict=True)
        )

    def inline(self, function: Callable[..., Any], node: ast.Call) -> Result:
        """Translate a call of an inline function in place."""
        if function in self.scope.callers:
            self.refuse(node, f"{function.__name__} is inline and calls itself")
        source = Source(function)
        scope = Scope(source, callers=(*self.scope.callers, function))
        callee = Statements(self.builder, scope, results_of(source))
        names = [argument.arg for argument in source.tree.args.args]
        for parameter, argument in zip(source.tree.args.args, self.arguments(node, names), strict=True):
            type_ = widened(callee.type_of(parameter.annotation, parameter))
            scope.declared[parameter.arg] = type_
            scope.variables[parameter.arg] = self.adapt(self.value(argument), type_, node)
        results = callee.function()
        if len(results) == 1 and not isinstance(source.tree.returns, ast.Subscript):
            return results[0]
        return results if results or isinstance(source.tree.returns, ast.Subscript) else None

    def suite(self, statements: list[ast.stmt]) -> None:
        """Translate statements up to the first that never ends."""
        for statement in statements:
            if self.builder.block is None:
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Translate one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self._assign(target, self.evaluate(value), node)
            case ast.AnnAssign(target=ast.Name(id=name) as target, annotation=annotation, value=value):
                self.scope.declared[name] = widened(self.type_of(annotation, node))
                if value is not None:
                    self._assign(target, self.evaluate(value), node)
            case ast.AugAssign():
                self._augmented(node)
            case ast.If():
                self._if(node)
            case ast.While(test=test, body=body, orelse=[]):
                self._loop(body, lambda: self.condition(test), None)
            case ast.For(target=ast.Name() as target, iter=ast.Call() as iterable, orelse=[]):
                self._for(target, iterable, node)
            case ast.Break() | ast.Continue():
                loop = self.loops[-1]
                arrivals, label = (
                    (loop.breaks, loop.end) if isinstance(node, ast.Break) else (loop.continues, loop.latch)
                )
                arrivals.append((self.builder.here(), self.scope.variables.copy()))
                self.builder.jump(label)
            case ast.Return(value=value):
                self._return_statement(value, node)
            case ast.Expr(value=ast.Call() as call):
                self.evaluate(call)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case _:
                what = ast.unparse(node).partition("\n")[0]
                self.refuse(node, f"{what}: not a statement of the low-level language")

    # Assignments

    def _assign(self, target: ast.expr, value: Result, node: ast.AST) -> None:
        if isinstance(target, ast.Tuple):
            if not isinstance(value, tuple) or len(value) != len(target.elts):
                self.refuse(node, "the number of names and of values differ")
            for element, part in zip(target.elts, value, strict=True):
                self._assign(element, part, node)
            return
        if not isinstance(value, Value):
            self.refuse(node, "one value is needed here")
        if isinstance(target, ast.Name):
            declared = self.scope.declared.get(target.id)
            self.scope.variables[target.id] = value if declared is None else self.adapt(value, declared, node)
            return
        address, of = self.place(target)
        self.builder.store(of, address, self.argument(value, of, node))

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            old = self.value(ast.copy_location(ast.Name(node.target.id, ast.Load()), node))
            self._assign(node.target, self.binary(node.op, old, self.value(node.value), node), node)
            return
        address, of = self.place(node.target)
        old = self.builder.load(of, address)
        new = self.binary(node.op, old, self.value(node.value), node)
        self.builder.store(of, address, self.argument(new, of, node))

    def _return_statement(self, value: ast.expr | None, node: ast.AST) -> None:
        if value is None or (isinstance(value, ast.Constant) and value.value is None and not self.result):
            values: tuple[Value, ...] = ()
        else:
            found = self.evaluate(value)
            values = found if isinstance(found, tuple) else () if found is None else (found,)
        if len(values) != len(self.result):
            self.refuse(node, f"returns {len(values)} values, the annotation says {len(self.result)}")
        self._return(tuple(self.adapt(v, type_, node) for v, type_ in zip(values, self.result, strict=True)))

    def _return(self, values: tuple[Value, ...]) -> None:
        if self.builder.block is None:
            return
        # The label is asked for only if there will be a phi: it costs an entry block.
        label = self.builder.block
        self.returns.append((label, values, len(self.builder.lines)))
        self.builder.jump(self.done)

    # Branches

    def _if(self, node: ast.If) -> None:
        exits = self._only_exit(node.body)
        if exits is not None:
            self._exit_if(node.test, exits)
            self.suite(node.orelse)
            return
        condition = self.condition(node.test)
        if condition.text in {"true", "false"}:
            self.suite(node.body if condition.text == "true" else node.orelse)
            return
        if self.builder.block is None:
            return
        weights = self._weights(node)
        before = self.scope.variables.copy()
        then, join = self.builder.label(), self.builder.label()
        otherwise = self.builder.label() if node.orelse else join
        arrivals: list[Arrival] = []
        if not node.orelse:
            arrivals.append((self.builder.block, before))
        self.builder.branch(condition, then, otherwise, weights)
        for label, body in ((then, node.body), (otherwise, node.orelse)):
            if body:
                self.scope.variables = before.copy()
                self.builder.begin(label)
                self.suite(body)
                if self.builder.block is not None:
                    arrivals.append((self.builder.block, self.scope.variables))
                    self.builder.jump(join)
        self._arrive(join, arrivals)

    def _exit_if(self, test: ast.expr, exits: ast.Call) -> None:
        """One branch to an exit; where a part of an `or` is to be evaluated only after the others, one before it too."""
        groups = [[test]]
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            groups = [test.values[:1]]
            for operand in test.values[1:]:
                if self.is_pure(operand):
                    groups[-1].append(operand)
                else:
                    groups.append([operand])
        for group in groups:
            condition = self.any_of(group)
            if self.builder.block is None:
                return
            if condition.text == "true":
                self.builder.jump(self.exit_for(exits))
            elif condition.text != "false":
                after = self.builder.label()
                self.builder.branch(condition, self.exit_for(exits), after, UNLIKELY)
                self.builder.begin(after)

    def _only_exit(self, suite: list[ast.stmt]) -> ast.Call | None:
        match suite:
            case [ast.Expr(value=ast.Call(func=function, args=[], keywords=[]) as call)]:
                if self.object(function) in (intrinsics.side_exit, intrinsics.raise_exit):
                    return call
        return None

    def _weights(self, node: ast.If) -> str:
        test = self.object(node.test.func) if isinstance(node.test, ast.Call) else None
        if test is intrinsics.unlikely or self._only_exit(node.body[-1:]) is not None:
            return UNLIKELY
        if test is intrinsics.likely or self._only_exit(node.orelse[-1:]) is not None:
            return LIKELY
        return ""

    def _label(self, label: str) -> str:
        """A recorded label for use by a phi: the first block gets its name when it is first needed."""
        if label:
            return label
        block, self.builder.block = self.builder.block, ""
        name = self.builder.here()
        self.builder.block = block
        return name

    def _arrive(self, label: str, arrivals: list[Arrival]) -> None:
        """Begin the block where paths meet. Nothing follows where none arrives."""
        if not arrivals:
            return
        self.builder.begin(label)
        merged: Variables = {}
        for name in dict.fromkeys(name for _, variables in arrivals for name in variables):
            values = [variables.get(name) for _, variables in arrivals]
            merged[name] = self._merged(values, [label for label, _ in arrivals])
        self.scope.variables = merged

    def _merged(self, values: list[Value | None], labels: list[str]) -> Value | None:
        type_: FieldType | None = None
        for value in values:
            if value is None:
                return None
            type_ = value.type if type_ is None else common_type(Value("", type_), value)
            if type_ is None:
                return None
        first = values[0]
        if type_ is None or first is None or all(value == first for value in values):
            return first
        fitted = [adapted(value, type_) for value in values if value is not None]
        incoming = [(v, self._label(label)) for v, label in zip(fitted, labels, strict=True) if v is not None]
        return self.builder.phi(type_, incoming) if len(incoming) == len(values) else None

    # Loops

    def _for(self, target: ast.Name, iterable: ast.Call, node: ast.For) -> None:
        if self.object(iterable.func) is not range or iterable.keywords or not 1 <= len(iterable.args) <= 3:
            self.refuse(node, "only `for name in range(...)`")
        bounds = [self.adapt(self.value(argument), I64, node) for argument in iterable.args]
        start, stop = (number(0), bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
        step = bounds[2].literal if len(bounds) == 3 else 1
        if not step:
            self.refuse(node, "the step of a range must be a literal other than 0")
        counter = f"{target.id} of {id(node)}"
        self.scope.variables[counter] = start

        def condition() -> Value:
            now = self.value(ast.Name(counter))
            return self.builder.result(BOOL, f"icmp {'slt' if (step or 0) > 0 else 'sgt'} i64 {now.text}, {stop.text}")

        def advance() -> None:
            now = self.value(ast.Name(counter))
            self.scope.variables[counter] = self.builder.result(I64, f"add i64 {now.text}, {step}")

        bind: ast.stmt = ast.Assign([ast.Name(target.id, ast.Store())], ast.Name(counter, ast.Load()))
        self._loop([ast.copy_location(bind, node), *node.body], condition, advance, changing=counter)
        self.scope.variables.pop(counter, None)

    def _loop(
        self,
        body: list[ast.stmt],
        condition: Callable[[], Value],
        advance: Callable[[], None] | None,
        *,
        changing: str = "",
    ) -> None:
        header, inside = self.builder.label(), self.builder.label()
        loop = Loop(self.builder.label(), self.builder.label())
        entry = self.builder.here()
        self.builder.jump(header)
        self.builder.begin(header)
        phis = self._header_phis(body, changing)
        test = condition()
        if test.text == "true":
            self.builder.jump(inside)
        else:
            loop.breaks.append((self.builder.here(), self.scope.variables.copy()))
            self.builder.branch(test, inside, loop.end)
        self.builder.begin(inside)
        self.loops.append(loop)
        self.suite(body)
        self.loops.pop()
        if self.builder.block is not None:
            loop.continues.append((self.builder.here(), self.scope.variables.copy()))
            self.builder.jump(loop.latch)
        edges: list[Arrival] = []
        if loop.continues:
            self._arrive(loop.latch, loop.continues)
            if advance is not None:
                advance()
            edges = [(self.builder.here(), self.scope.variables)]
            self.builder.jump(header)
        self._complete_phis(phis, entry, edges)
        self._arrive(loop.end, loop.breaks)

    def _header_phis(self, body: list[ast.stmt], changing: str) -> dict[str, tuple[int, Value, Value]]:
        """A phi for each variable that a loop changes: by name, its line, what comes in first, and the phi."""
        assigned = {changing} if changing else set()
        for statement in body:
            for part in ast.walk(statement):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    assigned.add(part.id)
        phis = {}
        for name in sorted(assigned):
            first = self.scope.variables.get(name)
            if first is not None:
                phi = Value(self.builder.fresh(), self.scope.declared.get(name, first.type))
                phis[name] = (len(self.builder.lines), first, phi)
                self.builder.emit("")
                self.scope.variables[name] = phi
        return phis

    def _complete_phis(self, phis: dict[str, tuple[int, Value, Value]], entry: str, edges: list[Arrival]) -> None:
        for name, (line, first, phi) in phis.items():
            incoming = [(first, entry)]
            for label, variables in edges:
                value = variables.get(name)
                fitted = None if value is None else adapted(value, phi.type)
                if fitted is None:
                    self.refuse(
                        self.scope.source.tree, f"{name} changes its type in a loop; annotate it where it is first set"
                    )
                incoming.append((fitted, label))
            self.builder.lines[line] = "  " + self.builder.phi_line(phi.text, phi.type, incoming)


def results_of(source: Source) -> tuple[FieldType, ...]:
    """The types of a function's results: none, one, or those of a tuple. Raises LowLevelError."""
    match source.tree.returns:
        case ast.Constant(value=None) | ast.Name(id="NoReturn"):
            return ()
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=elements)):
            wanted = elements
        case None:
            source.refuse(source.tree, "the result's type is missing")
        case other:
            wanted = [other]
    try:
        return tuple(widened(annotated(element)) for element in wanted)
    except ValueError as error:
        source.refuse(source.tree, f"result: {error} ({name_of(I64)} for a machine integer)")
