"""What a standalone trainer does around its kernels: these modules are copied into it from their line on.

They need numpy alone, and are written for people who read plain NumPy; symnet.emit.standalone puts them together.
"""
