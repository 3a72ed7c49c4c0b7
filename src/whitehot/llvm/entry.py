"""How a unit that stands for a whole function is entered: by CPython's vectorcall protocol.

An entry checks that nothing changed and that native code may run now; where that is not so, the interpreter makes the call.
That is a jump: nothing returns to an entry which is not counted as going on, and whose memory may be free by then.

`frame_shell` and `function_shell` are the text of an entry around the lines that run the body, which each back end has of its own: they leave
a status in `%status` and the result in `%value`.
"""

from __future__ import annotations

from collections.abc import Sequence

from whitehot.ir.boxes import BOX, UNBOX
from whitehot.ir.types import Kind, abi_order
from whitehot.llvm.text import Text, abi_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.llvm.emit import Emitter

#: An entry begins: it is counted, and counts as going on.
COUNT_IN = (
    "  %entered.at = getelementptr i64, ptr @unit.valid, i64 1",
    "  %entered = load i64, ptr %entered.at",
    "  %entered.next = add i64 %entered, 1",
    "  store i64 %entered.next, ptr %entered.at",
    "  %active.at = getelementptr i64, ptr @unit.valid, i64 2",
    "  %active = load i64, ptr %active.at",
    "  %active.next = add i64 %active, 1",
    "  store i64 %active.next, ptr %active.at",
)


def count_out(label: str) -> list[str]:
    """An entry ends."""
    return [
        f"  %{label}.active = load i64, ptr %active.at",
        f"  %{label}.active.next = sub i64 %{label}.active, 1",
        f"  store i64 %{label}.active.next, ptr %active.at",
    ]


DECLARATIONS = {
    "whitehot_interpret": "declare ptr @whitehot_interpret(ptr, ptr, i64, ptr)",
    "whitehot_leave_function": "declare ptr @whitehot_leave_function(ptr, ptr, ptr, ptr) cold",
    "whitehot_may_enter": "declare ptr @whitehot_may_enter(ptr)",
    "whitehot_can_push": "declare i1 @whitehot_can_push(ptr, i64, ptr)",
    "whitehot_push_call": "declare ptr @whitehot_push_call(ptr, ptr, ptr, i64, ptr)",
    "whitehot_pop_call": "declare void @whitehot_pop_call(ptr, ptr, ptr)",
}

_INTERPRET = (
    "interpret:",
    "  %plain = musttail call ptr @whitehot_interpret(ptr %function, ptr %arguments, i64 %flags, ptr %names)",
    "  ret ptr %plain",
    "}",
)


def frame_shell(entry: str, run: Sequence[str], result: str) -> list[str]:
    """Bind the call's arguments in a frame, run the body on it, which leaves its result in `result`, take it away."""
    return [
        f'define ptr @"{entry}"(ptr %function, ptr %arguments, i64 %flags, ptr %names) {{',
        "  %context = alloca [8 x i64], align 8",
        "  %valid = load i64, ptr @unit.valid",
        "  %valid.ok = icmp ne i64 %valid, 0",
        "  br i1 %valid.ok, label %ready, label %interpret",
        "ready:",
        "  %thread = call ptr @whitehot_may_enter(ptr %context)",
        "  %thread.ok = icmp ne ptr %thread, null",
        "  br i1 %thread.ok, label %check, label %interpret",
        "check:",
        "  %can = call i1 @whitehot_can_push(ptr %thread, i64 %flags, ptr %names)",
        "  br i1 %can, label %push, label %interpret",
        "push:",
        "  %frame = call ptr @whitehot_push_call(ptr %thread, ptr %function, ptr %arguments, i64 %flags, ptr %names)",
        "  %frame.ok = icmp ne ptr %frame, null",
        "  br i1 %frame.ok, label %start, label %failed",
        "failed:",
        "  ret ptr null",
        "start:",
        *COUNT_IN,
        *run,
        "  %left = icmp ne i64 %status, 0",
        "  br i1 %left, label %leave, label %done, !prof !9001",
        "done:",
        "  call void @whitehot_pop_call(ptr %thread, ptr %context, ptr %frame)",
        *count_out("done"),
        f"  ret ptr {result}",
        "leave:",
        "  %rest = call ptr @whitehot_leave_function(ptr %thread, ptr %context, ptr %frame, ptr %function)",
        *count_out("leave"),
        "  ret ptr %rest",
        *_INTERPRET,
    ]


def function_shell(
    entry: str, count: str, allocas: Sequence[str], run: Sequence[str], finish: Sequence[str], result: str
) -> list[str]:
    """Check that nothing changed and that there are `count` arguments, run the body, and `finish`, which leaves the boxed result in `result`."""
    return [
        f'define ptr @"{entry}"(ptr %function, ptr %arguments, i64 %flags, ptr %names) {{',
        "begin:",
        "  %context = alloca [8 x i64], align 8",
        *allocas,
        "  %count = and i64 %flags, 9223372036854775807",
        f"  %count.ok = icmp eq i64 %count, {count}",
        "  %names.ok = icmp eq ptr %names, null",
        "  %valid = load i64, ptr @unit.valid",
        "  %valid.ok = icmp ne i64 %valid, 0",
        "  %ok1 = and i1 %count.ok, %names.ok",
        "  %ok2 = and i1 %ok1, %valid.ok",
        "  br i1 %ok2, label %ready, label %interpret, !prof !9002",
        "ready:",
        "  %thread = call ptr @whitehot_may_enter(ptr %context)",
        "  %thread.ok = icmp ne ptr %thread, null",
        "  br i1 %thread.ok, label %start, label %interpret, !prof !9002",
        "start:",
        *run,
        "  %left = icmp ne i64 %status, 0",
        "  br i1 %left, label %leave, label %done, !prof !9001",
        "done:",
        *finish,
        *count_out("done"),
        f"  ret ptr {result}",
        "leave:",
        "  %rest = call ptr @whitehot_leave_function(ptr %thread, ptr %context, ptr null, ptr %function)",
        *count_out("leave"),
        "  ret ptr %rest",
        *_INTERPRET,
    ]


def entry_on_frame(emitter: Emitter, entry: str) -> list[str]:
    """The entry of a unit that runs on a real frame."""
    return frame_shell(entry, _call_body(emitter, ["ptr %thread", "ptr %context", "ptr %frame"]), "%value")


def entry_of_function(emitter: Emitter, entry: str) -> list[str]:
    """The entry of a unit without a frame: it unboxes the arguments if they are as compiled for, and boxes the result."""
    parameters = emitter.function.entry.parameters
    emitter.allocas = []
    text = Text("start", [], "start")
    words = []
    for index, value in enumerate(parameters):
        text.lines.append(f"  %a{index}.at = getelementptr ptr, ptr %arguments, i64 {index}")
        text.lines.append(f"  %a{index} = load ptr, ptr %a{index}.at")
        unbox = UNBOX.get(value.type.kind)
        name: str | None = f"%a{index}"
        if unbox is not None:
            name = emitter.instantiate(unbox, [f"%a{index}"], [], "interpret", None, text)
        if value.type.kind is Kind.BOOL:
            text.lines.append(f"  %a{index}.word = zext i1 {name} to i64")
            name = f"%a{index}.word"
        words.append(f"{abi_type(value.type)} {name}")
    arguments = [words[index] for index in abi_order([value.type for value in parameters])]
    finish = Text("done", [], "done")
    kind = emitter.function.result.kind
    value_name: str | None = "%value"
    if kind is Kind.BOOL:
        finish.lines.append("  %value.bit = trunc i64 %value to i1")
        value_name = "%value.bit"
    if kind in BOX:
        value_name = emitter.instantiate(BOX[kind], [str(value_name)], [], None, None, finish)
    run = [*text.lines, *COUNT_IN, *_call_body(emitter, ["ptr %thread", "ptr %context", *arguments])]
    return function_shell(entry, str(len(parameters)), emitter.allocas, run, finish.lines, str(value_name))


def _call_body(emitter: Emitter, arguments: Sequence[str]) -> list[str]:
    for name, line in DECLARATIONS.items():
        emitter.declare(name, line)
    pair = f"{{ i64, {emitter.result} }}"
    return [
        f'  %pair = call {pair} @"{emitter.symbol}"({", ".join(arguments)})',
        f"  %status = extractvalue {pair} %pair, 0",
        f"  %value = extractvalue {pair} %pair, 1",
    ]
