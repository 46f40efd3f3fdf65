"""Results as notebooks show them: one displayed formula between ``$$``, which any front end can set."""

from __future__ import annotations

from symnet.derive.derivation import Derivation
from symnet.derive.numbers import Worked
from symnet.notation.names import Names
from symnet.render.derivation import sections
from symnet.render.display import Row
from symnet.render.equations import names_for
from symnet.render.numbers import worked_sections
from symnet.render.rows import rows_markdown


def derivation_latex(derivation: Derivation) -> str:
    """The equations of a derivation, forward and backward, each by its result."""
    names = names_for(derivation.network, None)
    short = Names(derivation.network, names.notation.with_(cost_arguments=False))
    rows = [row for section in sections(derivation, "index", short, "final") for row in section.rows]
    return rows_markdown([Row(row.left, row.relation, row.right) for row in rows], reasons=False)


def worked_latex(done: Worked) -> str:
    """The lines of worked numbers."""
    return rows_markdown([row for _, _, rows in worked_sections(done) for row in rows])
