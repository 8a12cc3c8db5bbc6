"""What checks find, and how it is shown: to people, to programs, to code scanners."""

__all__ = ["catalogue", "findings", "rendering", "report_html", "report_json", "sarif"]
