"""Pages of slides: blocks are measured, laid out and shared among pages here; typst only sets what stands where.

Lengths are in points at the type size :data:`~symnet.render.deck.pages.matter.BASE`, y downwards.
"""
