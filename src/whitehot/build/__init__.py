"""Snapshot to IR: abstract interpretation of bytecode, one function per bytecode, types flowing with the values."""
