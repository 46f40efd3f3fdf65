"""Typesetting: reproducible files, measured formulas, fragments for one page, errors that name a formula."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from symnet.errors import SymnetError
from symnet.render import typeset
from symnet.render.display import BigSum, Boxed, Fraction, Name, Node, Number, Power, Relation, Tagged, Words
from symnet.render.theme import DARK, LIGHT
from symnet.render.typeset import (
    extents,
    formula_svgs,
    measure,
    pdf,
    pngs,
    preamble,
    shared_glyphs,
    svgs,
)

x, y, i = Name("x"), Name("y"), Name("i")
FORMULAS: list[Node] = [
    x,
    y,
    Fraction(x, y),
    BigSum(Power(x, Number("2")), below=i),
    Boxed(Relation((Tagged(x, "factor1"), Tagged(y, "factor2")))),
]
SOURCE = preamble(12.0) + "#set page(width: 5cm, height: 3cm)\nOne $x^2$\n#pagebreak()\nTwo"


def test_the_same_source_gives_the_same_bytes() -> None:
    assert pdf(SOURCE) == pdf(SOURCE)
    other = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; from symnet.render.typeset import pdf; sys.stdout.buffer.write(pdf({SOURCE!r}))",
        ],
        capture_output=True,
        check=True,
        cwd="/",
    )
    assert other.stdout == pdf(SOURCE)
    assert svgs(SOURCE) == svgs(SOURCE)


def test_a_pdf_says_no_date() -> None:
    assert b"CreationDate" not in pdf(SOURCE) and b"xmp:CreateDate" not in pdf(SOURCE)


def test_a_page_each() -> None:
    assert len(svgs(SOURCE)) == 2
    assert [page[:4] for page in pngs(SOURCE, 72)] == [b"\x89PNG"] * 2
    assert len(svgs(preamble(12.0) + "one")) == 1


def test_only_the_fonts_of_the_compiler_are_used() -> None:
    assert all(font.path is None for font in typeset._fonts().fonts())


def test_importing_does_not_load_the_compiler() -> None:
    code = "import sys, symnet, symnet.render.typeset, symnet.render.typst; sys.exit('typst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_formulas_are_measured_as_they_are_drawn() -> None:
    for formula, (width, height) in zip(formula_svgs(FORMULAS, size=20.0), measure(FORMULAS, 20.0), strict=True):
        assert (formula.width, formula.height) == pytest.approx((width, height))
        box = [float(number) for number in re.findall(r'viewBox="([^"]+)"', formula.svg)[0].split()]
        assert box == pytest.approx([0, 0, width, height], abs=0.01)


def test_measures_grow_with_the_type_size() -> None:
    small, large = measure(FORMULAS, 10.0), measure(FORMULAS, 20.0)
    assert [v for pair in large for v in pair] == pytest.approx([2 * v for pair in small for v in pair], rel=1e-3)


def test_the_baseline_is_that_of_the_letters() -> None:
    plain, hanging, fraction, _, boxed = formula_svgs(FORMULAS, size=20.0)
    assert plain.height - plain.baseline == pytest.approx(0.22, abs=0.1)
    assert hanging.height - hanging.baseline == pytest.approx(4.1, abs=0.5)
    # The bar of a fraction is on the axis, a quarter of the size above the baseline: both parts reach past it.
    assert 5 < fraction.height - fraction.baseline < fraction.baseline
    assert boxed.baseline == pytest.approx(hanging.baseline + 0.32 * 20, abs=0.5)


def test_the_first_baseline_of_several_lines() -> None:
    one, three = extents([("tight", "[A]"), ("tight", "[A\\ B\\ g]")], 20.0)
    assert three.ascent == pytest.approx(one.ascent)
    assert one.descent == pytest.approx(0.0, abs=0.1) and three.descent > 1.5 * one.ascent


def test_fragments_are_xml_with_ids_of_their_own() -> None:
    page = formula_svgs(FORMULAS, id_prefix="a") + formula_svgs(FORMULAS, id_prefix="b")
    named: list[str] = []
    for formula in page:
        root = ElementTree.fromstring(formula.svg)
        ids = [part.get("id") for part in root.iter() if part.get("id")]
        used = re.findall(r'href="#([^"]+)"', formula.svg)
        assert set(used) <= set(ids)
        named += map(str, ids)
    assert len(named) == len(set(named)) > 10


def test_shared_glyphs_say_each_drawing_once() -> None:
    formulas = formula_svgs(FORMULAS)
    sheet, shared = shared_glyphs(formulas)
    defined = re.findall(r' id="([^"]+)"', sheet)
    assert len(defined) == len(set(defined))
    for before, after in zip(formulas, shared, strict=True):
        used = re.findall(r'href="#([^"]+)"', after.svg)
        assert len(used) == before.svg.count("<use") and set(used) <= set(defined)
        assert "<symbol" not in after.svg
        assert (after.width, after.height, after.baseline) == (before.width, before.height, before.baseline)
    # Every letter drawn is the letter that was drawn.
    drawings = dict(re.findall(r'<symbol id="([^"]+)"([^>]*>.*?)</symbol>', sheet))
    own = dict(re.findall(r'<symbol id="([^"]+)"([^>]*>.*?)</symbol>', formulas[1].svg))
    uses = zip(*(re.findall(r'href="#([^"]+)"', f.svg) for f in (formulas[1], shared[1])), strict=True)
    assert all(own[mine] == drawings[common] for mine, common in uses)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_tags_and_ink_take_the_colours_of_the_theme(theme: typeset.Theme) -> None:
    (formula,) = formula_svgs(
        [Relation((Tagged(x, "factor1"), Tagged(x, "muted"), Tagged(y, "whatever")))], theme=theme
    )
    colours = re.findall(r'<use[^>]* fill="(#[0-9a-f]{6})"', formula.svg)
    assert colours == [theme.factor(1), theme["ink"], theme["muted"], theme["ink"], theme["ink"]]


def test_no_formulas_take_no_compiler() -> None:
    assert formula_svgs([]) == [] and measure([], 10.0) == [] and extents([], 10.0) == []


def test_what_cannot_be_typeset_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SymnetError, match="typst could not typeset this: unknown variable: nonsense"):
        pdf("#nonsense")
    printed = typeset.typst
    monkeypatch.setattr(typeset, "typst", lambda node, palette: "nonsense" if node == y else printed(node, palette))
    for attempt in (lambda: formula_svgs([x, y, x]), lambda: measure([x, y, x], 10.0)):
        with pytest.raises(SymnetError, match=r"the formula y cannot be typeset: .*nonsense.*simplify"):
            attempt()


def test_a_formula_of_nothing_is_of_no_width() -> None:
    (formula,) = formula_svgs([Words("")])
    assert formula.width == 0
