"""Checking what was derived by hand: reading an answer, deciding whether it is right, saying what went wrong.

An answer becomes an expression over the network's own tensors and named axes; nothing of it is ever executed.
"""
