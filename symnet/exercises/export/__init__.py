"""Exercises handed out: exam sheets (PDF, LaTeX), notebooks that nbgrader takes, Moodle XML with STACK, tables.

Everything is written from :class:`symnet.exercises.variant.Variant` and nothing else.
"""

from symnet.exercises.export.formats import FORMATS, check_path, write

__all__ = ["FORMATS", "check_path", "write"]
