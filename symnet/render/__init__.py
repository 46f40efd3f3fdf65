"""Showing: the display tree, its printers (LaTeX, text), and the layout of derivations.

Nothing in this room computes; what is shown is handed in.
"""
