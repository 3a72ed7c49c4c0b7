"""IR to LLVM IR to object bytes."""
