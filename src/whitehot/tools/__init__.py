"""What people see of whitehot: running programs, explaining what became of them, reports, benchmarks."""
