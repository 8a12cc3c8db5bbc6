"""The table of what each built-in algorithm accepts."""

__all__ = ["details", "loading", "matrix", "types"]
