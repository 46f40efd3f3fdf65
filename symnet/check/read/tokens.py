r"""LaTeX mathematics into tokens: letters, digits, signs and the few commands that have structure.

Fonts, sizes and spaces say nothing here and are dropped; a command that is not known is refused, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from symnet.check.read.syntax import NotUnderstood, Token, checked


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREEK = _words(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell"
)
FUNCTIONS = _words(
    "exp ln log tanh sinh cosh sech sin cos sqrt max min sgn sign abs diag tr trace sigmoid relu softmax softplus "
    "Heaviside heaviside"
)
_ALIASES = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varsigma": "sigma", "varrho": "rho",
    "top": "top", "intercal": "top", "transpose": "top",
}  # fmt: skip
_SIGNS = {
    "cdot": "·", "times": "·", "ast": "*", "odot": "⊙", "circ": "⊙", "bullet": "⊙", "otimes": "⊗", "div": "/",
    "ne": "!=", "neq": "!=", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=",
    "lt": "<", "gt": ">", "{": r"\{", "}": r"\}", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[", "rbrack": "]",
    "|": "‖", "Vert": "‖", "lVert": "‖(", "rVert": "‖)", "vert": "|", "lvert": "|(", "rvert": "|)",
    "oslash": "⊘", "\\": r"\\", "prime": "'", "colon": ":",
}  # fmt: skip
_SKIPPED = _words(
    "displaystyle textstyle limits nolimits quad qquad big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr "
    "bigm mathstrut thinspace negthinspace mathopen mathclose mathord mathbin"
) | set(",;:!> ")
_STRUCTURE = _words("frac dfrac tfrac cfrac sum partial nabla begin end left right sqrt mathop")
_FONTS = _words("mathbf boldsymbol bm mathrm mathit mathsf mathtt vec bold pmb symbf underline mathbb mathds")
_WORDS = _words("operatorname text textrm textbf textit mbox mathit mathrm mathsf mathbf mathtt")
_ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde",
    "dot": "dot",
}  # fmt: skip
_CHARACTERS = {
    "−": "-", "–": "-", "·": "·", "⋅": "·", "×": "·", "⊙": "⊙", "∘": "⊙", "•": "⊙", "⊗": "⊗", "∗": "*", "≤": "<=",
    "≥": ">=", "≠": "!=", "‖": "‖", "∥": "‖", "′": "'", "÷": "/", "∕": "/", "⊘": "⊘",
}  # fmt: skip
_GREEK_WORDS = (
    "alpha beta gamma delta epsilon epsilon zeta eta theta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
)
_LETTERS = dict(zip("αβγδεϵζηθϑικλμνξπρστυφϕχψωΓΔΘΛΞΠΣΦΨΩℓ", _GREEK_WORDS.split(), strict=True)) | {
    "µ": "mu",
    "ŷ": "yhat",
    "Ŷ": "Yhat",
    "⊤": "top",
    "𝟙": "one",
}
_RAISED = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "ᵀ": "T"}
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ", "0123456789ijkn", strict=True))
_PLAIN = "+-/()[]{}^_=<>,|&*':.!;"


def letter_name(letter: str) -> str:
    """A letter as the plain word that stands for it: δ is ``delta``, ŷ is ``yhat``."""
    return _LETTERS.get(letter, letter)


def letter_of(name: str) -> str:
    """The letter that a plain word stands for: ``delta`` is δ."""
    return _NAMED.get(name, name)


_NAMED = {name: letter for letter, name in reversed(_LETTERS.items())} | {"one": "1"}
_PIECE = re.compile(r"\\(?:[A-Za-z]+|.)|[A-Za-z]+|[0-9]|\s+|.", re.DOTALL)
_WORD = re.compile(r"\s*\*?\s*\{([^{}\\$]{0,80})\}")
_LETTER = re.compile(r"\s*(?:\{\s*)?(\\[A-Za-z]+|[A-Za-z0-9])(\s*\})?")


def tokens(text: str, names: Collection[str] = ()) -> list[Token]:
    """The tokens of LaTeX ``text``; a run of letters is split into ``names`` and known words where they fit.

    Raises NotUnderstood for what has no meaning in an answer.
    """
    checked(text)
    known = {n for n in names if len(n) > 1} | {w for w in GREEK | FUNCTIONS if len(w) > 2} | {"ln"}
    longest = max(map(len, known))
    out: list[Token] = []
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        assert match is not None
        piece, column = match.group(), at + 1
        at = match.end()
        if piece.isspace() or piece == "~":
            continue
        if piece[0] == "\\":
            at = _command(text, piece[1:], at, column, out)
        elif piece.isalpha() and piece.isascii():
            at = _letters(piece, column, known, longest, out)
        elif piece.isascii() and piece.isdigit():
            out.append(Token("digit", piece, column))
        elif piece in _PLAIN:
            out.append(Token("sign", piece, column))
        else:
            _character(piece, column, out)
    out.append(Token("end", "", len(text) + 1))
    return _doubled(out)


def _letters(run: str, column: int, known: Collection[str], longest: int, out: list[Token]) -> int:
    at = 0
    while at < len(run):
        size = next((k for k in range(min(longest, len(run) - at), 1, -1) if run[at : at + k] in known), 1)
        out.append(Token("name", run[at : at + size], column + at, size))
        at += size
    return column - 1 + len(run)


def _character(char: str, column: int, out: list[Token]) -> None:
    if char in _CHARACTERS:
        out.append(Token("sign", _CHARACTERS[char], column))
    elif char in _LETTERS and char != "Σ":
        out.append(Token("name", _LETTERS[char], column))
    elif char in _RAISED:
        raised = _RAISED[char]
        out += [Token("sign", "^", column), Token("name" if raised == "T" else "digit", raised, column)]
    elif char in _LOWERED:
        lowered = _LOWERED[char]
        out += [Token("sign", "_", column), Token("digit" if lowered.isdigit() else "name", lowered, column)]
    elif char in "∂∇∑Σ½":
        name = {"∂": "partial", "∇": "nabla", "∑": "sum", "Σ": "sum", "½": "frac"}[char]
        out.append(Token("command", name, column))
        if char == "½":
            out += [Token("digit", "1", column), Token("digit", "2", column)]
    else:
        raise NotUnderstood(f"the character {char!r} has no meaning here", column)


def _command(text: str, name: str, at: int, column: int, out: list[Token]) -> int:
    r"""The tokens of ``\name`` and, for fonts and words, of its argument; where to read on."""
    if name in _SKIPPED:
        return at
    if name in ("mathcal", "mathscr", "mathbb", "mathds", "mathbf", "boldsymbol", "bm", "vec"):
        letter = _LETTER.match(text, at)
        if letter is not None:
            char, closed = letter[1], letter[2]
            opened = "{" in letter.group()
            if opened == bool(closed):
                if name in ("mathcal", "mathscr") and char.isalpha():
                    out.append(Token("name", f"cal{char}", column, letter.end() - column + 1))
                    return letter.end()
                if char == "1" or (name in ("mathbb", "mathds") and char == "I"):
                    out.append(Token("name", "one", column, letter.end() - column + 1))
                    return letter.end()
    if name in _WORDS:
        word = _WORD.match(text, at)
        prose = name.startswith("text") or name == "mbox"
        if word is not None and (prose or name == "operatorname" or len(word[1].strip()) > 1):
            content = word[1].strip()
            named = content.isalpha() and content.isascii() and not prose
            out.append(Token("name" if named else "text", content, column))
            return word.end()
        if name in ("operatorname", "text", "textrm", "textbf", "textit", "mbox"):
            raise NotUnderstood(rf"\{name} needs plain words in braces", column)
    if name in _FONTS:
        return at
    if name in _ACCENTS:
        out.append(Token("command", "accent " + _ACCENTS[name], column, at - column + 1))
    elif name in _STRUCTURE:
        out.append(Token("command", "frac" if name.endswith("frac") else name, column))
    elif name in _SIGNS:
        out.append(Token("sign", _SIGNS[name], column))
    elif name in GREEK or name in FUNCTIONS:
        out.append(Token("name", name, column))
    elif name in _ALIASES:
        out.append(Token("name", _ALIASES[name], column))
    elif name == "lambda":
        out.append(Token("name", "lambda", column))
    else:
        raise NotUnderstood(rf"the command \{name[:30]} is not known here", column)
    return at


def _doubled(found: list[Token]) -> list[Token]:
    """``||`` is one sign, ``\\left`` and ``\\right`` are dropped, or kept as the direction of a bar."""
    out: list[Token] = []
    side = ""
    for token in found:
        if token.kind == "command" and token.text in ("left", "right"):
            side = token.text
            continue
        if token.kind == "sign" and token.text in ("|", "‖") and side:
            token = Token("sign", token.text + ("(" if side == "left" else ")"), token.at)
        elif side and token.kind == "sign" and token.text == ".":
            raise NotUnderstood(r"\left. and \right. are not understood; write the brackets", token.at)
        elif (
            token.text == "|" and out and out[-1].text == "|" and out[-1].kind == "sign" and out[-1].at == token.at - 1
        ):
            out.pop()
            token = Token("sign", "‖", token.at - 1)
        side = ""
        out.append(token)
    return out
