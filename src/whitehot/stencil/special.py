"""Stencils of what is no operation with a body: control flow, calls between units, entries, exits.

Units call each other as C functions, in both tiers alike: `body` stencils are such functions, that put their arguments into slots of a native frame on the
C stack and run the unit's code on it. The code gives back a status and a result: 0 it returned, 1 it left, 2 the arguments are not as compiled for (a loop:
how much it did).
"""

from __future__ import annotations

from collections.abc import Iterator

from whitehot import lowlevel
from whitehot.cpython.layout import ThreadState
from whitehot.cpython.structure import offset_of
from whitehot.ir.boxes import BOX
from whitehot.ir.ops.control import SPACING
from whitehot.ir.types import Kind
from whitehot.llvm.entry import COUNT_IN, DECLARATIONS, count_out, frame_shell, function_shell
from whitehot.stencil.stencil import MOST_ARGUMENTS, signature_name
from whitehot.stencil.text import (
    ATTRIBUTES,
    CONVENTION,
    RESULT,
    Externals,
    address_of_slot,
    function,
    going_on,
    load,
    store,
    template_of,
)

type Made = tuple[list[str], Externals]


def special_texts(*, touches_pages: bool) -> Iterator[tuple[str, Made]]:
    """All stencils that are not of operations, by name. `touches_pages`: the C stack grows a page at a time, as it is used."""
    yield from _moves()
    yield from _returns()
    yield from _leaving()
    yield from _checks()
    for general, floats in signatures():
        for result in "if":
            yield _call(general, floats, result, through_cell=False)
            yield _call(general, floats, result, through_cell=True)
            yield _body(general, floats, result, touches_pages)
    for result in "if":
        yield _body_on_frame(result, touches_pages)
    for kind in (Kind.OBJECT, Kind.I64, Kind.F64, Kind.BOOL):
        yield _entry(kind, touches_pages)
    yield _entry_on_frame(touches_pages)


def signatures() -> list[tuple[int, int]]:
    """How many arguments in general registers and how many floats units pass to each other."""
    return [(general, total - general) for total in range(MOST_ARGUMENTS + 1) for general in range(total + 1)]


def _plain(name: str, lines: list[str], declarations: dict[str, str] | None = None) -> tuple[str, Made]:
    externals = Externals()
    text = externals.resolve("\n".join(lines), declarations or {})
    return name, (function(name, ["begin:", *externals.loads.values(), text]), externals)


def _moves() -> Iterator[tuple[str, Made]]:
    yield _plain("copy.S", [*_load("%o0", "S0"), *store("%o0", "i64", "R", "r"), *going_on("next", "CONTINUE")])
    yield _plain("copy.K", ["  %o0 = load i64, ptr @P0", *store("%o0", "i64", "R", "r"), *going_on("next", "CONTINUE")])
    yield _plain(
        "argument",
        [
            *_load("%row", "X.arguments", "ptr"),
            "  %n = load i64, ptr @N",
            "  %at = getelementptr ptr, ptr %row, i64 %n",
            "  %value = load i64, ptr %at",
            *store("%value", "i64", "R", "r"),
            *going_on("next", "CONTINUE"),
        ],
    )
    branch = [
        "  br i1 %o0, label %yes, label %no, !prof !9002",
        "yes:", *going_on("then", "YES"),
        "no:", *going_on("else", "NO"),
    ]  # fmt: skip
    yield _plain("branch.S", [address_of_slot("%at", "S0"), *load("%o0", "i1", "%at"), *branch])


def _load(name: str, hole: str, type: str = "i64") -> list[str]:
    return [address_of_slot(f"{name}.at", hole), f"  {name} = load {type}, ptr {name}.at"]


def _returning(status: str, value: str | None = None, type: str = "i64") -> list[str]:
    lines = [f"  %answer = insertvalue {RESULT} poison, i64 {status}, 0"]
    if value is None:
        return [*lines, f"  ret {RESULT} %answer"]
    place = 2 if type == "double" else 1
    return [*lines, f"  %whole = insertvalue {RESULT} %answer, {type} {value}, {place}", f"  ret {RESULT} %whole"]


def _returns() -> Iterator[tuple[str, Made]]:
    yield _plain("return.i.S", [*_load("%o0", "S0"), *_returning("0", "%o0")])
    yield _plain("return.i.K", ["  %o0 = load i64, ptr @P0", *_returning("0", "%o0")])
    yield _plain("return.f.S", [*_load("%o0", "S0", "double"), *_returning("0", "%o0", "double")])
    yield _plain("return.f.K", ["  %o0 = load double, ptr @P0", *_returning("0", "%o0", "double")])
    yield _plain("return.i.R", _returning("0", "%word"))
    yield _plain("return.f.R", _returning("0", "%float", "double"))
    yield _plain("refuse", _returning("2"))


def _leaving() -> Iterator[tuple[str, Made]]:
    yield _plain(
        "exit", ["  %d = load i64, ptr @P0", *store("%d", "i64", "X.descriptor", "r"), *going_on("next", "CONTINUE")]
    )
    record = [
        *_load("%context", "X.context", "ptr"),
        *_load("%descriptor", "X.descriptor", "ptr"),
        "  %count = load i64, ptr @N",
        "  %constants = load ptr, ptr @P0",
        "  %more = load i64, ptr @P1",
        "  call void @whitehot_record_slots(ptr %context, ptr %slots, ptr %descriptor, i64 %count, ptr %constants, i64 %more)",
    ]
    declared = {"whitehot_record_slots": "declare void @whitehot_record_slots(ptr, ptr, ptr, i64, ptr, i64) cold"}
    yield _plain("leave.function", [*record, *_returning("1")], declared)
    yield _plain("leave.loop", [*_work_done(), *record, *_returning("%done")], declared | _HEAT)
    more = [
        *_load("%left", "X.rounds"),
        f"  %rounds = sub i64 {_BEGIN}, %left",
        "  %amount = load i64, ptr @A0",
        "  %uncounted = mul i64 %rounds, %amount",
        "  %all = add i64 %done, %uncounted",
    ]
    yield _plain("leave.loop.spaced", [*_work_done(), *more, *record, *_returning("%all")], declared | _HEAT)
    yield _plain(
        "raised.save",
        [
            "  %e = call ptr @PyErr_GetRaisedException()",
            *store("%e", "ptr", "X.raised", "r"),
            *going_on("next", "CONTINUE"),
        ],
        {"PyErr_GetRaisedException": "declare ptr @PyErr_GetRaisedException()"},
    )
    yield _plain(
        "raised.restore",
        [
            *_load("%e", "X.raised", "ptr"),
            "  call void @PyErr_SetRaisedException(ptr %e)",
            *going_on("next", "CONTINUE"),
        ],
        {"PyErr_SetRaisedException": "declare void @PyErr_SetRaisedException(ptr)"},
    )


def _checks() -> Iterator[tuple[str, Made]]:
    """The check of the eval breaker, in functions and in loops, which know from their beginning what a quiet one looks like; safepoints; the countdown of
    WHITEHOT_STRESS=deopt.
    """
    check = [
        f"  %at = getelementptr i8, ptr %thread, i64 {offset_of(ThreadState, 'eval_breaker')}",
        "  %now = load atomic i64, ptr %at monotonic, align 8",
        "  %asked = icmp ne i64 %now, %quiet",
        "  br i1 %asked, label %exit, label %go, !prof !9001",
        "go:", *going_on("next", "CONTINUE"),
        "exit:", *going_on("left", "EXIT"),
    ]  # fmt: skip
    yield _plain("check_breaker", ["  %quiet = load i64, ptr @whitehot_breaker", *check], _BREAKER)
    yield _plain("check_breaker.loop", [*_load("%quiet", "X.quiet"), *check])
    rounds = address_of_slot("%rounds.at", "X.rounds")
    yield _plain("safepoint.begin", [rounds, f"  store i64 {_BEGIN}, ptr %rounds.at", *going_on("next", "CONTINUE")])
    yield _plain(
        "safepoint",
        [
            *_load("%left", "X.rounds"),
            "  %less = sub i64 %left, 1",
            "  store i64 %less, ptr %left.at",
            "  %due = icmp eq i64 %less, 0",
            "  br i1 %due, label %exit, label %go, !prof !9001",
            "go:", *going_on("next", "CONTINUE"),
            "exit:", *going_on("look", "EXIT"),
        ],
    )  # fmt: skip
    looking = [
        rounds,
        f"  store i64 {SPACING}, ptr %rounds.at",
        "  %quiet = load i64, ptr @whitehot_breaker",
        *check[: check.index("go:") + 1],
        "  %amount = load i64, ptr @N",
        '  %heat = load i64, ptr @"unit.heat"',
        "  %cooler = sub i64 %heat, %amount",
        '  store i64 %cooler, ptr @"unit.heat"',
        "  %cold = icmp sle i64 %cooler, 0",
        "  br i1 %cold, label %no, label %on, !prof !9001",
        "on:", *going_on("next", "CONTINUE"),
        "no:", *going_on("up", "NO"),
        "exit:", *going_on("left", "EXIT"),
    ]  # fmt: skip
    yield _plain("safepoint.look", looking, _BREAKER | _HEAT)
    yield _plain(
        "stress",
        [
            "  %counter = load ptr, ptr @P0",
            "  %fails = call i1 @whitehot_stress(ptr %counter)",
            "  br i1 %fails, label %exit, label %go",
            "go:", *going_on("next", "CONTINUE"),
            "exit:", *going_on("left", "EXIT"),
        ],
        {"whitehot_stress": "declare i1 @whitehot_stress(ptr)"},
    )  # fmt: skip
    yield _plain(
        "count_work",
        [
            "  %amount = load i64, ptr @N",
            *_load("%work", "X.work"),
            "  %more = add i64 %work, %amount",
            "  store i64 %more, ptr %work.at",
            *going_on("next", "CONTINUE"),
        ],
    )


_BREAKER = {"whitehot_breaker": "@whitehot_breaker = external global i64"}
_HEAT = {"unit.heat": '@"unit.heat" = external global i64'}

#: What a loop did whose heat was put up meanwhile: that happens to what has done much.
_MUCH_WORK = 1 << 20


#: The first look comes after half as many rounds: it takes as much off the heat as any other, so loops that end after a few rounds count about as much as they do.
_BEGIN = SPACING // 2


def _work_done() -> list[str]:
    """How much a loop has done, in %done: what it has taken off its heat, and what was counted besides (`count_work`)."""
    return [
        '  %heat = load i64, ptr @"unit.heat"',
        *_load("%began", "X.work"),
        "  %work = sub i64 %began, %heat",
        "  %less = icmp slt i64 %work, 0",
        f"  %done = select i1 %less, i64 {_MUCH_WORK}, i64 %work",
    ]


# --- units ---


def _arguments(general: int, floats: int) -> list[str]:
    return ["i64"] * general + ["double"] * floats


def _call(general: int, floats: int, result: str, *, through_cell: bool) -> tuple[str, Made]:
    """Call a unit with arguments in slots, and leave if it left: this one itself, whose body is CALLEE, or the one whose address is in a cell."""
    types = _arguments(general, floats)
    lines = [*_load("%context", "X.context", "ptr")]
    for index, type in enumerate(types):
        lines += _load(f"%o{index}", f"S{index}", type)
    value = "double" if result == "f" else "i64"
    given = "".join(f", {type} %o{index}" for index, type in enumerate(types))
    parameters = "".join(f", {type}" for type in types)
    target = "@CALLEE"
    if through_cell:
        target = "%body"
        lines += ["  %cell = load ptr, ptr @P0", "  %body = load ptr, ptr %cell"]
    lines += [
        f"  %pair = call {{ i64, {value} }} {target}(ptr %thread, ptr %context{given})",
        f"  %status = extractvalue {{ i64, {value} }} %pair, 0",
        f"  %value = extractvalue {{ i64, {value} }} %pair, 1",
        "  %left = icmp ne i64 %status, 0",
        "  br i1 %left, label %exit, label %go, !prof !9001",
        "go:",
        *store("%value", value, "R", "r"),
        *going_on("next", "CONTINUE"),
        "exit:",
        *going_on("gone", "EXIT"),
    ]
    declared = {"CALLEE": f"declare {{ i64, {value} }} @CALLEE(ptr, ptr{parameters})"}
    kind = "call_cell" if through_cell else "call"
    return _plain(f"{kind}.{signature_name(general, floats, result)}", lines, declared)


def _run(result: str) -> list[str]:
    """Run a unit's code on a native frame; what it gives back in %whole, %status, and %value."""
    value = "extractvalue { i64, i64, double } %whole, " + ("2" if result == "f" else "1")
    return [
        f"  %whole = call {CONVENTION} {RESULT} @CONTINUE(ptr %slots, ptr %thread, i64 poison, ptr poison, double poison)",
        "  %status = extractvalue { i64, i64, double } %whole, 0",
        f"  %value = {value}",
    ]


#: Where the C stack grows as it is used, a page is below what was used last, and there is none where more than one is left out.
_STEP = 2048

_TOUCH_PAGES = f"""
  br label %frame.made
frame.made:
  br label %frame.next
frame.next:
  %frame.done = phi i64 [ {_STEP}, %frame.made ], [ %frame.more, %frame.touch ]
  %frame.unfinished = icmp ult i64 %frame.done, ptrtoint (ptr @FRAME to i64)
  br i1 %frame.unfinished, label %frame.touch, label %frame.ready
frame.touch:
  %frame.place = sub i64 ptrtoint (ptr @FRAME to i64), %frame.done
  %frame.byte = getelementptr i8, ptr %slots, i64 %frame.place
  store volatile i8 0, ptr %frame.byte
  %frame.more = add i64 %frame.done, {_STEP}
  br label %frame.next
frame.ready:
"""


def _new_frame(touches_pages: bool, frame: str = "") -> list[str]:
    """A native frame, with the context (and the interpreter's frame, and what a loop compares with) in it."""
    lines = [
        "  %slots = alloca i8, i64 ptrtoint (ptr @FRAME to i64), align 16",
        *(_TOUCH_PAGES.strip("\n").splitlines() if touches_pages else ()),
        *store("%context", "ptr", "X.context", "c"),
    ]
    if frame:
        lines += ['  %heat = load i64, ptr @"unit.heat"', "  %quiet = load i64, ptr @whitehot_breaker"]
        lines += store(frame, "ptr", "X.frame", "f") + store("%heat", "i64", "X.work", "w")
        lines += store("%quiet", "i64", "X.quiet", "q")
    return lines


def _c_function(name: str, head: str, lines: list[str]) -> tuple[str, Made]:
    externals = Externals()
    text = externals.resolve("\n".join(lines), _BREAKER | _HEAT)
    return name, ([f"{head} {ATTRIBUTES} {{", "begin:", *externals.loads.values(), text, "}"], externals)


def _give_back(result: str) -> list[str]:
    value = "double" if result == "f" else "i64"
    return [
        f"  %half = insertvalue {{ i64, {value} }} poison, i64 %status, 0",
        f"  %pair = insertvalue {{ i64, {value} }} %half, {value} %value, 1",
        f"  ret {{ i64, {value} }} %pair",
    ]


def _body(general: int, floats: int, result: str, touches_pages: bool) -> tuple[str, Made]:
    """A unit without a frame, as other units call it."""
    types = _arguments(general, floats)
    parameters = "".join(f", {type} %o{index}" for index, type in enumerate(types))
    lines = _new_frame(touches_pages)
    for index, type in enumerate(types):
        lines += store(f"%o{index}", type, f"S{index}", f"s{index}")
    name = f"body.{signature_name(general, floats, result)}"
    value = "double" if result == "f" else "i64"
    head = f'define {{ i64, {value} }} @"{name}"(ptr %thread, ptr %context{parameters})'
    return _c_function(name, head, [*lines, *_run(result), *_give_back(result)])


def _body_on_frame(result: str, touches_pages: bool) -> tuple[str, Made]:
    """A unit on a real frame, as its entry or the runtime (a loop) calls it."""
    name = f"body.frame.{result}"
    value = "double" if result == "f" else "i64"
    head = f'define {{ i64, {value} }} @"{name}"(ptr %thread, ptr %context, ptr %frame)'
    return _c_function(name, head, [*_new_frame(touches_pages, "%frame"), *_run(result), *_give_back(result)])


def _entry(kind: Kind, touches_pages: bool) -> tuple[str, Made]:
    """How CPython enters a unit without a frame. Its code begins with checking and unboxing the arguments."""
    name = f"entry.{kind.value}"
    finish: list[str] = []
    value = "%value"
    declared = dict(DECLARATIONS)
    if kind is Kind.BOOL:
        finish.append("  %value.bit = icmp ne i64 %value, 0")
        value = "%value.bit"
    if kind is Kind.OBJECT:
        finish = ["  store i64 %value, ptr %slots", "  %object = load ptr, ptr %slots"]
        value = "%object"
    if kind in BOX:
        box = template_of(BOX[kind])
        lowlevel.merge_declarations(declared, box.declarations)
        made = box.instantiate("box.", [value])
        assert made.result is not None
        finish += made.text.splitlines()
        value = made.result
    run = [
        *_new_frame(touches_pages),
        *store("%arguments", "ptr", "X.arguments", "a"),
        *COUNT_IN,
        *_run("f" if kind is Kind.F64 else "i"),
        "  %refused = icmp eq i64 %status, 2",
        "  br i1 %refused, label %other, label %ran, !prof !9001",
        "other:",
        *count_out("other"),
        "  br label %interpret",
        "ran:",
    ]
    return _shell(name, function_shell(name, "%wanted", ["  %wanted = load i64, ptr @N"], run, finish, value), declared)


def _entry_on_frame(touches_pages: bool) -> tuple[str, Made]:
    """How CPython enters a unit on a real frame."""
    run = [
        *_new_frame(touches_pages, "%frame"),
        *_run("i"),
        "  store i64 %value, ptr %slots",
        "  %object = load ptr, ptr %slots",
    ]
    return _shell("entry.frame", frame_shell("entry.frame", run, "%object"), dict(DECLARATIONS))


def _shell(name: str, lines: list[str], declarations: dict[str, str]) -> tuple[str, Made]:
    """An entry: a C function. `unit.valid` and what else it uses comes from the pool."""
    externals = Externals()
    declarations = {**declarations, "unit.valid": "@unit.valid = external global i8"}
    head = lines[0].replace(" {", f" {ATTRIBUTES} {{")
    body = externals.resolve("\n".join(lines[1:]), declarations).removeprefix("begin:\n")
    return name, ([head, "begin:", *externals.loads.values(), body], externals)
