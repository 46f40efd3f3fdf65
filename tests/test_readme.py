"""What README shows is what symnet prints."""

from pathlib import Path

from symnet.network import Network

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_derivation_at_the_head_is_what_the_command_prints():
    printed = Network("3 -> 4 sigmoid -> 1 linear").derive().partial("W1").markdown()
    assert printed in README


def test_the_python_example_runs(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = [part.split("```")[0] for part in README.split("```python\n")[1:]]
    exec(compile("\n".join(blocks), "README.md", "exec"), {})
    assert (tmp_path / "neuron.npz").exists()
