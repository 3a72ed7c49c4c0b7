"""LLVM: text to object bytes for the machine that runs. The only user of llvmlite.

llvmlite is imported by the first compilation: loading LLVM takes longer than loading everything of ours.
"""

from __future__ import annotations

import os
from _frozen_importlib_external import PathFinder
from _thread import allocate_lock
from functools import cache

from whitehot.errors import Cancelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from llvmlite import binding

    from whitehot.cpython import mappings

_LOCK = allocate_lock()


def llvm_version() -> str:
    """Which llvmlite there is, told by its file, which is not loaded; empty without one."""
    spec = PathFinder.find_spec("llvmlite")
    if spec is None or spec.origin is None:
        return ""
    state = os.stat(spec.origin)
    return f"{spec.origin} {state.st_size} {state.st_mtime_ns}"


def loaded_llvm() -> Any:
    """llvmlite's binding, loaded now."""
    from llvmlite import binding

    return binding


def _let_pages_go() -> None:
    """Give back memory with parts of LLVM's library that are read again when they are needed."""
    from whitehot.cpython import mappings

    if not _library:
        from llvmlite.binding import ffi

        _library.append(mappings.unmodified(str(ffi.lib._name)))
    mappings.let_go(_library[0])


#: What of LLVM's library may be let go of, once that has been found.
_library: list[list[mappings.Region]] = []


@cache
def target_machine(level: int) -> binding.TargetMachine:
    """The host's target machine: position-independent code within two gigabytes, tuned for the host's processor."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.initialize_native_asmparser()
    target = binding.Target.from_triple(binding.get_process_triple())
    features = binding.get_host_cpu_features().flatten()
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features, opt=level, reloc="pic", codemodel="small", jit=False
    )


def optimize(text: str, level: int, is_wanted: Callable[[], bool] = lambda: True) -> binding.ModuleRef:
    """Parse, verify and optimize a module. Raises RuntimeError with LLVM's message for text that it rejects, Cancelled between steps
    when `is_wanted` says no.

    LLVM's pipeline for whole modules takes half as long again, in one step: what it does beyond simplifying each function is inlining, which the
    entry does not need, and cleaning up after vectorizing, which is off. Functions for leaving, which are hardly ever called, are left as they are, but
    for what comes last: once it is known which ways out remain, what they are never given, or always the same, is taken out.
    """
    from llvmlite import binding

    # A context of our own: the global one is the program's, should it use LLVM too, and keeps every type and constant it has ever seen.
    module = binding.parse_assembly(text, binding.create_context())
    module.triple = binding.get_process_triple()
    module.verify()
    if level == 0:
        return module
    tuning = binding.create_pipeline_tuning_options(speed_level=level)
    tuning.loop_vectorization = False
    tuning.slp_vectorization = False
    tuning.loop_unrolling = False
    builder = binding.create_pass_builder(target_machine(level), tuning)
    simplifying = builder.getFunctionPassManager()
    for function in [*module.functions]:
        if not function.is_declaration and function.linkage is binding.Linkage.external:
            _stop_unless(is_wanted)
            simplifying.run(function, builder)
    _stop_unless(is_wanted)
    trimming = binding.create_new_module_pass_manager()
    trimming.add_ipsccp_pass()
    trimming.add_global_opt_pass()
    trimming.add_dead_arg_elimination_pass()
    trimming.run(module, builder)
    return module


def _stop_unless(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise Cancelled


def compile_object(text: str, level: int = 2, is_wanted: Callable[[], bool] = lambda: True) -> bytes:
    """An object file from a module's text. Raises RuntimeError with LLVM's message for text that it rejects, Cancelled between
    LLVM's long steps when `is_wanted` says no.
    """
    with _LOCK:
        from whitehot.cpython import mappings

        target_machine(level)
        # Loading, optimizing and emitting each use another part of LLVM.
        _let_pages_go()
        try:
            module = optimize(text, level, is_wanted)
            _let_pages_go()
            _stop_unless(is_wanted)
            return bytes(target_machine(level).emit_object(module))
        finally:
            _let_pages_go()
            mappings.give_back_freed()


def compile_for(triple: str, text: str) -> bytes:
    """An object file for the plainest processor of a target. Raises RuntimeError with LLVM's message for text that it rejects."""
    binding = loaded_llvm()
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    with _LOCK:
        module = binding.parse_assembly(f'target triple = "{triple}"\n{text}')
        module.verify()
        machine = binding.Target.from_triple(triple).create_target_machine(opt=2, reloc="pic", codemodel="small")
        builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=2))
        builder.getModulePassManager().run(module, builder)
        return bytes(machine.emit_object(module))


def optimized_text(text: str, level: int = 2) -> str:
    """The module's text after LLVM's passes."""
    with _LOCK:
        return str(optimize(text, level))
