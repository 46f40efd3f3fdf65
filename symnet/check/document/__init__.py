"""Whole documents: the formulas of lecture notes found, read against declared networks, and judged one by one.

Nothing in here decides or derives anything: formulas become questions that :mod:`symnet.check.read` reads and
:mod:`symnet.check.decide` decides.
"""
