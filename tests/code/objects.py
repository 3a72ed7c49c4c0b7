"""Objects to load: LLVM IR in, ELF bytes out, as the optimizing tier makes them."""

from __future__ import annotations

import functools
from typing import Final

import llvmlite.binding as llvm

X86: Final = "x86_64-unknown-linux-gnu"
ARM: Final = "aarch64-unknown-linux-gnu"


@functools.cache
def compile_ir(ir: str, triple: str = X86) -> bytes:
    """The object that LLVM makes of some IR: position-independent, small code model, optimized code generation."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=2, reloc="pic", codemodel="small")
    module = llvm.parse_assembly(ir)
    module.triple = triple
    module.data_layout = str(machine.target_data)
    module.verify()
    emitted: bytes = machine.emit_object(module)
    return emitted


MIXED: Final = """
@table = private unnamed_addr constant [5 x double] [double 1.5, double 2.5, double 3.5, double 4.5, double 5.5]
@counter = global i64 40
@zeros = internal global [100 x i64] zeroinitializer
@pointer = internal global ptr @counter
@functions = internal constant [2 x ptr] [ptr @twice, ptr @select_one]
@outside_variable = external global i64
@maybe = extern_weak global i64

declare i64 @outside_function(i64)
declare i64 @outside_direct(i64) nonlazybind

define i64 @twice(i64 %x) noinline {
  %r = add i64 %x, %x
  ret i64 %r
}

define i64 @four_times(i64 %x) {
  %a = call i64 @twice(i64 %x)
  %b = call i64 @twice(i64 %a)
  ret i64 %b
}

define i64 @call_outside(i64 %x) {
  %a = call i64 @outside_function(i64 %x)
  %b = call i64 @outside_direct(i64 %a)
  %c = add i64 %b, 1
  ret i64 %c
}

define i64 @tail_outside(i64 %x) {
  %a = tail call i64 @outside_function(i64 %x)
  ret i64 %a
}

define ptr @address_of_outside() {
  ret ptr @outside_function
}

define i64 @read_outside() {
  %v = load i64, ptr @outside_variable
  ret i64 %v
}

define ptr @address_of_weak() {
  ret ptr @maybe
}

define i64 @count() {
  %a = load i64, ptr @counter
  %b = add i64 %a, 1
  store i64 %b, ptr @counter
  %p = load ptr, ptr @pointer
  %c = load i64, ptr %p
  ret i64 %c
}

define i64 @bump(i64 %index) {
  %p = getelementptr [100 x i64], ptr @zeros, i64 0, i64 %index
  %a = load i64, ptr %p
  %b = add i64 %a, 1
  store i64 %b, ptr %p
  ret i64 %a
}

define double @item(i64 %x) {
  %p = getelementptr [5 x double], ptr @table, i64 0, i64 %x
  %v = load double, ptr %p
  ret double %v
}

define double @plus_constant(double %x) {
  %r = fadd double %x, 0.1
  ret double %r
}

define internal i64 @select_one(i64 %x) noinline {
  switch i64 %x, label %other [
    i64 0, label %a
    i64 1, label %b
    i64 2, label %c
    i64 3, label %d
    i64 4, label %e
  ]
a:
  ret i64 100
b:
  %rb = call i64 @twice(i64 %x)
  ret i64 %rb
c:
  %rc = call i64 @four_times(i64 %x)
  ret i64 %rc
d:
  %rd = call i64 @outside_function(i64 %x)
  ret i64 %rd
e:
  %re = load i64, ptr @outside_variable
  ret i64 %re
other:
  ret i64 -1
}

define i64 @through_table(i64 %which, i64 %x) {
  %p = getelementptr [2 x ptr], ptr @functions, i64 0, i64 %which
  %f = load ptr, ptr %p
  %r = call i64 %f(i64 %x)
  ret i64 %r
}
"""
"""One module with everything that whitehot's code contains: calls in and out, constants, jump tables, variables."""
