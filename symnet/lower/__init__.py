"""From equations to statements: what a compiler needs to know, in no language in particular.

:func:`symnet.lower.lowering.lower` lists the stages; :mod:`symnet.lower.statements` is what comes out.
"""
