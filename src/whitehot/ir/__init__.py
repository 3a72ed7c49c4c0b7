"""SSA values, types, effects, frame states and the operations; text in and out; checker; reference interpreter."""
