"""Copy and patch: machine code for the baseline tier from stencils, without LLVM at run time.

    text       one operation, one variant           -> LLVM IR of a stencil
    special    what is no operation: calls, exits    -> LLVM IR of a stencil
    make       all of these through LLVM             -> Stencils (plain data, kept in the cache folder and shipped in wheels)
    slots      IR                                    -> where each value lies in the native frame
    emit       IR + stencils                         -> ObjectFile
    patch      what filling a hole means             (per machine)

A stencil is machine code with holes: an operation's body, compiled once as a function that finds its operands in slots of the native frame (or in
a register, or in a pool of constants behind the code), and goes on to the next one by a tail call. Emitting code is copying the bytes and filling in the
holes: "Copy-and-Patch Compilation" (Xu and Kjolstad, OOPSLA 2021). The calling convention that makes it cheap is LLVM's `preserve_nonecc`.
"""
