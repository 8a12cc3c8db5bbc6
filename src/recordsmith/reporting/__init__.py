"""What checks find, and how it is shown: to people, to programs, to code scanners."""

__all__: list[str] = []
