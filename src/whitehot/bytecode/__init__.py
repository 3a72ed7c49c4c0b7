"""Code objects and their type feedback as plain data."""
