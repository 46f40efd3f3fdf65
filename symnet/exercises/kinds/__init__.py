"""The kinds of exercise, one module each: ``draw(template, rng)`` makes one variant, or raises Unsuitable."""
