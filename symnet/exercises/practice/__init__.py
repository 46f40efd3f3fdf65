"""The practice page: exercises typeset, answered, marked and tried again in a browser; ``symnet serve``.

The server (:mod:`app`) never reads an answer itself: worker processes do (:mod:`pool`, :mod:`work`), in limited time.
Whatever is acknowledged is in the database (:mod:`store`).
"""
