"""Recorded experiments: one module each, its record beside it, one command to make it again."""
