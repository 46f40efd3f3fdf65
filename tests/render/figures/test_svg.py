"""SVG: the same bytes everywhere, well-formed, whole in itself, and safe whatever a network's letters are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from symnet import Dense, Input, Network
from symnet.activations import Activation, x
from symnet.errors import SymnetError
from symnet.notation.notation import LECTURE
from symnet.render.figures.figure import Figure, Label
from symnet.render.theme import DARK, LIGHT
from tests.render.figures.pictures import LINEAR, Make, pictures

ROOT = Path(__file__).parents[3]
CHOSEN = {name.split()[0]: make for name, make in pictures().items() if "n_0" not in name}
every_kind = pytest.mark.parametrize("make", [pytest.param(make, id=kind) for kind, make in CHOSEN.items()])
NAMESPACES = {
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/1999/xhtml",
}


@every_kind
def test_it_is_well_formed_and_refers_to_nothing_outside_of_itself(make: Make) -> None:
    source = make().svg()
    ElementTree.fromstring(source)
    assert set(re.findall(r'"(https?:[^"]*)"', source)) <= NAMESPACES
    identifiers = re.findall(r'\sid="([^"]*)"', source)
    assert len(set(identifiers)) == len(identifiers)
    references = set(re.findall(r'href="([^"]*)"', source)) | set(re.findall(r"url\(([^)]*)\)", source))
    assert references
    assert references <= {f"#{name}" for name in identifiers}
    assert not re.search(r"<(script|style|image|foreignObject|text)\b", source)


def test_the_same_bytes_come_from_another_process() -> None:
    script = "import symnet as sn; print(sn.Network('2 -> 2 tanh -> 1').figure('chain', wrt='W1[1,2]').svg(), end='')"
    made = []
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        )
        made.append(run.stdout)
    assert made[0] == made[1] == Network("2 -> 2 tanh -> 1").figure("chain", wrt="W1[1,2]").svg().encode()


def test_two_pictures_in_one_page_share_no_identifier() -> None:
    figures = LINEAR.figure("network"), LINEAR.figure("neuron")
    first, second = (set(re.findall(r'\sid="([^"]*)"', figure.svg())) for figure in figures)
    assert first
    assert not first & second
    light, dark = (set(re.findall(r'\sid="([^"]*)"', figures[0].svg(theme))) for theme in ("light", "dark"))
    assert not light & dark


def test_a_theme_gives_ground_and_ink() -> None:
    for theme in (LIGHT, DARK):
        source = LINEAR.figure("network").svg(theme)
        assert f'fill="{theme["ground"]}"' in source
        assert theme["ink"] in source


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(SymnetError, match="unknown theme 'pink'; known: light, dark"):
        LINEAR.figure("network").svg("pink")


def test_stages_are_groups_that_a_browser_can_reveal() -> None:
    figure = CHOSEN["backward"]()
    root = ElementTree.fromstring(figure.svg())
    stages = [int(group.get("data-stage")) for group in root if group.get("data-stage") is not None]
    assert set(stages) == set(range(figure.stages))
    assert len(stages) == len(list(root)) - sum(group.get("data-stage") is None for group in root)


def test_up_to_a_stage_nothing_later_is_drawn() -> None:
    figure = CHOSEN["backward"]()
    source = figure.svg(stage=1)
    assert set(re.findall(r'data-stage="(\d+)"', source)) == {"0", "1"}
    assert len(source) < len(figure.svg())


HOSTILE = "</title><script>alert(1)</script>&\"'"


def test_hostile_letters_and_descriptions_are_text() -> None:
    activation = Activation("evil", x**3, letter=HOSTILE)
    net = Network(Input(2), Dense(1, activation), notation=LECTURE.with_(input="script"))
    for kind in ("neuron", "activations", "chain"):
        source = net.figure(kind).svg()
        ElementTree.fromstring(source)
        assert "<script" not in source
    figure = Figure(100, 40, (Label(HOSTILE, (50, 20)),), f"A label that reads {HOSTILE}\x00\x1b.")
    root = ElementTree.fromstring(figure.svg())
    assert HOSTILE in root.find("{*}desc").text


def test_the_description_is_there_for_those_who_cannot_see_it() -> None:
    figure = LINEAR.figure("network")
    root = ElementTree.fromstring(figure.svg())
    assert root.get("role") == "img"
    title, description = root.find("{*}title"), root.find("{*}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert description.text == figure.description


def test_in_a_notebook_a_figure_and_a_network_are_pictures() -> None:
    figure = LINEAR.figure("network")
    assert figure._repr_svg_() == LINEAR._repr_svg_() == figure.svg()
