"""From statements to programs: source text (one printer a target), and compiled kernels made from that text.

Nothing here imports numba before something is compiled.
"""
