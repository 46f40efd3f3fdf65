"""Exercises for mathematics courses: made from templates, solved by the derivation, handed out, marked, practised.

A template (TOML) and a seed give a :class:`~symnet.exercises.variant.Variant`; everything else reads that.
"""
