"""How a unit that stands for a whole function is entered: by CPython's vectorcall protocol.

An entry checks that nothing changed and that native code may run now; where that is not so, the interpreter makes the call.
That is a jump: nothing returns to an entry which is not counted as going on, and whose memory may be free by then.
"""

from __future__ import annotations

from whitehot.ir import ops
from whitehot.ir.types import Kind
from whitehot.llvm.text import Text, llvm_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.llvm.emit import Emitter

#: An entry begins: it is counted, and counts as going on.
_COUNT_IN = (
    "  %entered.at = getelementptr i64, ptr @unit.valid, i64 1",
    "  %entered = load i64, ptr %entered.at",
    "  %entered.next = add i64 %entered, 1",
    "  store i64 %entered.next, ptr %entered.at",
    "  %active.at = getelementptr i64, ptr @unit.valid, i64 2",
    "  %active = load i64, ptr %active.at",
    "  %active.next = add i64 %active, 1",
    "  store i64 %active.next, ptr %active.at",
)


def _count_out(label: str) -> list[str]:
    """An entry ends."""
    return [
        f"  %{label}.active = load i64, ptr %active.at",
        f"  %{label}.active.next = sub i64 %{label}.active, 1",
        f"  store i64 %{label}.active.next, ptr %active.at",
    ]


_FRAME_ENTRY_DECLARATIONS = {
    "whitehot_interpret": "declare ptr @whitehot_interpret(ptr, ptr, i64, ptr)",
    "whitehot_leave_function": "declare ptr @whitehot_leave_function(ptr, ptr, ptr) cold",
    "whitehot_may_enter": "declare ptr @whitehot_may_enter(ptr)",
    "whitehot_can_push": "declare i1 @whitehot_can_push(ptr, i64, ptr)",
    "whitehot_push_call": "declare ptr @whitehot_push_call(ptr, ptr, ptr, i64, ptr)",
    "whitehot_pop_call": "declare void @whitehot_pop_call(ptr, ptr, ptr)",
}

_UNBOX = {Kind.I64: ops.unbox_int, Kind.F64: ops.unbox_float, Kind.BOOL: ops.unbox_bool}
_BOX = {Kind.I64: ops.box_int, Kind.F64: ops.box_float, Kind.BOOL: ops.box_bool}


def entry_on_frame(emitter: Emitter, entry: str) -> list[str]:
    """Bind the call's arguments in a frame, run the body on it, take it away."""
    for name, line in _FRAME_ENTRY_DECLARATIONS.items():
        emitter.declare(name, line)
    pair = f"{{ i64, {emitter.result} }}"
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
        *_COUNT_IN,
        f'  %pair = call {pair} @"{emitter.symbol}"(ptr %thread, ptr %context, ptr %frame)',
        f"  %status = extractvalue {pair} %pair, 0",
        f"  %value = extractvalue {pair} %pair, 1",
        "  %left = icmp ne i64 %status, 0",
        "  br i1 %left, label %leave, label %done, !prof !9001",
        "done:",
        "  call void @whitehot_pop_call(ptr %thread, ptr %context, ptr %frame)",
        *_count_out("done"),
        "  ret ptr %value",
        "leave:",
        "  %rest = call ptr @whitehot_leave_function(ptr %thread, ptr %context, ptr %frame)",
        *_count_out("leave"),
        "  ret ptr %rest",
        "interpret:",
        "  %plain = musttail call ptr @whitehot_interpret(ptr %function, ptr %arguments, i64 %flags, ptr %names)",
        "  ret ptr %plain",
        "}",
    ]


def entry_of_function(emitter: Emitter, entry: str) -> list[str]:
    """Check that nothing changed and that the arguments are as compiled for, unbox them, call the body, box the result."""
    parameters = emitter.function.entry.parameters
    emitter.allocas = []
    text = Text("start", [], "start")
    names = []
    for index, value in enumerate(parameters):
        text.lines.append(f"  %a{index}.at = getelementptr ptr, ptr %arguments, i64 {index}")
        text.lines.append(f"  %a{index} = load ptr, ptr %a{index}.at")
        unbox = _UNBOX.get(value.type.kind)
        name: str | None = f"%a{index}"
        if unbox is not None:
            name = emitter.instantiate(unbox, [f"%a{index}"], [], "interpret", None, text)
        names.append(f"{llvm_type(value.type)} {name}")
    arguments = ", ".join(["ptr %thread", "ptr %context", *names])
    finish = Text("done", [], "done")
    box = _BOX.get(emitter.function.result.kind)
    result: str | None = "%value"
    if box is not None:
        result = emitter.instantiate(box, ["%value"], [], None, None, finish)
    emitter.declare("whitehot_interpret", "declare ptr @whitehot_interpret(ptr, ptr, i64, ptr)")
    emitter.declare("whitehot_leave_function", "declare ptr @whitehot_leave_function(ptr, ptr, ptr) cold")
    emitter.declare("whitehot_may_enter", "declare ptr @whitehot_may_enter(ptr)")
    pair = f"{{ i64, {emitter.result} }}"
    return [
        f'define ptr @"{entry}"(ptr %function, ptr %arguments, i64 %flags, ptr %names) {{',
        "begin:",
        "  %context = alloca [8 x i64], align 8",
        *emitter.allocas,
        "  %count = and i64 %flags, 9223372036854775807",
        f"  %count.ok = icmp eq i64 %count, {len(parameters)}",
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
        *text.lines,
        *_COUNT_IN,
        f'  %pair = call {pair} @"{emitter.symbol}"({arguments})',
        f"  %status = extractvalue {pair} %pair, 0",
        f"  %value = extractvalue {pair} %pair, 1",
        "  %left = icmp ne i64 %status, 0",
        "  br i1 %left, label %leave, label %done, !prof !9001",
        "done:",
        *finish.lines,
        *_count_out("done"),
        f"  ret ptr {result}",
        "leave:",
        "  %rest = call ptr @whitehot_leave_function(ptr %thread, ptr %context, ptr null)",
        *_count_out("leave"),
        "  ret ptr %rest",
        "interpret:",
        "  %plain = musttail call ptr @whitehot_interpret(ptr %function, ptr %arguments, i64 %flags, ptr %names)",
        "  ret ptr %plain",
        "}",
    ]
