"""The exceptions of whitehot; none of them ever reaches a program that did not call whitehot itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whitehot.reasons import Reason


class WhitehotError(Exception):
    """Anything that whitehot cannot do; its text is one line for people."""


class Unsupported(WhitehotError):
    """Code that is not compiled, with the reason for it.

    Attributes:
        reason: why.
        detail: what exactly: the bytecode's name, the variable's name; may be empty.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        # Both go to Exception so that the error survives pickling, between processes that compile.
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason.label}: {self.detail}" if self.detail else self.reason.label


class CompilationFailed(WhitehotError):
    """Something went wrong in the compiler: the code is left as it is.

    Attributes:
        reason: LLVM_ERROR, MEMORY_CAP or COMPILER_ERROR.
        detail: one line.
        trace: where, for those who mend it; may be empty.
    """

    def __init__(self, reason: Reason, detail: str = "", trace: str = "") -> None:
        super().__init__(reason, detail, trace)
        self.reason = reason
        self.detail = detail
        self.trace = trace


def trace_of(error: BaseException) -> str:
    """Where an exception was raised, as text. (The module `traceback` would first have to be imported, in the middle of the program.)"""
    lines = [f"{type(error).__name__}: {error}"]
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{trace.tb_lineno} in {code.co_qualname}")
        trace = trace.tb_next
    return "\n".join(lines)


class CompilerBug(WhitehotError):
    """Something inside the compiler that should not be possible; caught, counted, the code interpreted."""


class SelfTestFailure(WhitehotError):
    """A fact about this interpreter that generated code relies on does not hold: whitehot stays off."""


class MemoryDenied(WhitehotError):
    """The system gives no memory for native code, or no more of it."""


class Cancelled(Exception):
    """Nobody wants the result of a compilation any more."""


def as_failure(error: Exception) -> Exception:
    """What whoever asked for a compilation is told of an exception in it: Unsupported and Cancelled as they are, CompilationFailed for whatever else went wrong."""
    from whitehot.reasons import Reason

    if isinstance(error, (Unsupported, Cancelled, CompilationFailed)):
        return error
    if isinstance(error, MemoryError):
        return CompilationFailed(Reason.MEMORY_CAP)
    if isinstance(error, RuntimeError):
        return CompilationFailed(Reason.LLVM_ERROR, str(error).partition("\n")[0], trace_of(error))
    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    return CompilationFailed(Reason.COMPILER_ERROR, text, trace_of(error))
