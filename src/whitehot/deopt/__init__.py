"""Leaving native code, as data: what each exit of a unit stands for, and how its frames are rebuilt. Both back ends use it."""
