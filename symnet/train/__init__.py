"""Training: reading data, starting weights, the loop that fits a network, and what it leaves behind.

Nothing in this room derives or generates code; kernels are handed in.
"""
