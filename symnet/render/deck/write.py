"""A deck to a file, in the format that the file's name ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from symnet.errors import SymnetError
from symnet.files import write_atomically
from symnet.render.deck.model import Deck

SUFFIXES = (".pdf", ".html", ".tex", ".md", ".ipynb")
"""PDF and HTML need nothing to be shown, .tex is for pdflatex and Beamer, .md for GitHub, Quarto and Marp."""


def write_deck(deck: Deck, path: str | Path, *, fragment: bool = False) -> None:
    """Write the deck; with ``fragment`` a ``.tex`` file is for ``\\\\input`` instead of whole.

    The pictures of a ``.md`` file are written beside it.  Raises SymnetError for another ending and where nothing can
    be written.
    """
    path = Path(path)
    suffix = check_path(path, fragment)
    if suffix == ".md":
        from symnet.render.deck.markdown import deck_markdown

        written = deck_markdown(deck, path.stem)
        for name, source in written.files.items():
            write_atomically(path.parent / name, source)
        write_atomically(path, written.text)
        return
    write_atomically(path, _fragment(deck) if fragment else _WRITERS[suffix](deck))


def check_path(path: Path, fragment: bool = False) -> str:
    """The ending of the file's name; SymnetError where no format has it."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SymnetError(f"{path} ends in none of {', '.join(SUFFIXES)}; rename it")
    if fragment and suffix != ".tex":
        raise SymnetError(f"a fragment is LaTeX, but {path} ends in {suffix}; call it {path.with_suffix('.tex').name}")
    return suffix


def _pdf(deck: Deck) -> bytes:
    from symnet.render.deck.pdf import deck_pdf

    return deck_pdf(deck)


def _html(deck: Deck) -> str:
    from symnet.render.deck.html import deck_html

    return deck_html(deck)


def _tex(deck: Deck) -> str:
    from symnet.render.deck.beamer import deck_latex

    return deck_latex(deck)


def _fragment(deck: Deck) -> str:
    from symnet.render.deck.beamer import fragment

    return fragment(deck)


def _notebook(deck: Deck) -> str:
    from symnet.render.deck.notebook import deck_notebook

    return deck_notebook(deck)


_WRITERS: Mapping[str, Callable[[Deck], str | bytes]] = {
    ".pdf": _pdf,
    ".html": _html,
    ".tex": _tex,
    ".ipynb": _notebook,
}
