"""Marking: what a student handed in against a variant, one answer or a whole class, with feedback and a report.

Answers are read and decided, never executed; nobody loses marks for what could not be read.
"""
