"""The table of what each built-in algorithm accepts."""
