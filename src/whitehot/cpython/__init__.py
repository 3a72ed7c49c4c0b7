"""Facts about the running interpreter: structure layouts, symbols, opcode tables and the self-test that verifies them."""
