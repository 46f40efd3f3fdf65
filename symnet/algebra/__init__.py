"""Tensors with named axes: expressions, equations, named simplifications and the NumPy interpreter.

This room knows nothing of networks, of derivatives of networks, or of how anything is printed.
"""
