"""Watching, tiering policy, entry, OSR, leaving, frames, invalidation."""
