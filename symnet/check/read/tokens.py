r"""LaTeX mathematics into tokens: letters, digits, signs and the few commands that have structure.

Fonts, sizes and spaces say nothing here and are dropped; a command that is not known is refused, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

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
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ", "0123456789-+T", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ", "0123456789ijkn", strict=True))
_SCRIPTS = {"^": _RAISED, "_": _LOWERED}
_PLAIN = "+-/()[]{}^_=<>,|&*':.!;"


def letter_name(letter: str) -> str:
    """A letter as the plain word that stands for it: δ is ``delta``, ŷ is ``yhat``."""
    return _LETTERS.get(letter, letter)


def letter_of(name: str) -> str:
    """The letter that a plain word stands for: ``delta`` is δ."""
    return _NAMED.get(name, name)


_NAMED = {name: letter for letter, name in reversed(_LETTERS.items())} | {"one": "1"}
_PIECE = re.compile(rf"\\(?:[A-Za-z]+|.)|[A-Za-z]+|[0-9]|\s+|[{''.join(_RAISED)}]+|[{''.join(_LOWERED)}]+|.", re.DOTALL)
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
    gap: tuple[str, int] | None = None
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        assert match is not None
        piece, column, so_far = match.group(), at + 1, len(out)
        at = match.end()
        if piece == "~" or (piece[0] == "\\" and piece[1:] in _SKIPPED):
            gap = gap or (piece, column)
        elif piece[0] == "\\":
            at = _command(text, piece[1:], at, column, out)
        elif piece.isalpha() and piece.isascii():
            at = _letters(piece, column, known, longest, out)
        elif piece.isascii() and piece.isdigit():
            out.append(Token("digit", piece, column))
        elif piece in _PLAIN:
            out.append(Token("sign", piece, column))
        elif not piece.isspace():
            _characters(piece, column, out)
        if gap and len(out) > so_far:
            out[so_far] = replace(out[so_far], gap=gap)
            gap = None
    out.append(Token("end", "", len(text) + 1, gap=gap))
    return _paired(out)


def _letters(run: str, column: int, known: Collection[str], longest: int, out: list[Token]) -> int:
    at = 0
    while at < len(run):
        size = next((k for k in range(min(longest, len(run) - at), 1, -1) if run[at : at + k] in known), 1)
        out.append(Token("name", run[at : at + size], column + at, size))
        at += size
    return column - 1 + len(run)


def _characters(char: str, column: int, out: list[Token]) -> None:
    """The tokens of one character, or of a run of raised or lowered ones, which make one script."""
    script = next((sign for sign, letters in _SCRIPTS.items() if char[0] in letters), None)
    if script is not None:
        out += [Token("sign", script, column), Token("sign", "{", column)]
        for k, meant in enumerate(_SCRIPTS[script][c] for c in char):
            kind = "digit" if meant.isdigit() else "name" if meant.isalpha() else "sign"
            out.append(Token(kind, meant, column + k))
        out.append(Token("sign", "}", column + len(char) - 1))
    elif char in _CHARACTERS:
        out.append(Token("sign", _CHARACTERS[char], column))
    elif char in _LETTERS and char != "Σ":
        out.append(Token("name", _LETTERS[char], column))
    elif char in "∂∇∑Σ½":
        name = {"∂": "partial", "∇": "nabla", "∑": "sum", "Σ": "sum", "½": "frac"}[char]
        if char == "½" and out and out[-1].kind == "digit":
            raise NotUnderstood("a number and ½ side by side could be their sum or their product; write a sign", column)
        out.append(Token("command", name, column))
        if char == "½":
            out += [Token("digit", "1", column), Token("digit", "2", column)]
    else:
        raise NotUnderstood(f"the character {char!r} has no meaning here", column)


def _command(text: str, name: str, at: int, column: int, out: list[Token]) -> int:
    r"""The tokens of ``\name`` and, for fonts and words, of its argument; where to read on."""
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


def _paired(found: list[Token]) -> list[Token]:
    r"""``||`` is one sign; ``\left`` and ``\right`` are dropped, or kept as the direction of a bar.

    Raises NotUnderstood where TeX finds no pair of them between the same braces.
    """
    out: list[Token] = []
    side: Token | None = None
    open_: list[Token] = []
    for token in found:
        if side is not None:
            token = _after(side, token)
        elif token.text == "|" and out and out[-1].text == "|" and out[-1].at == token.at - 1:
            token = replace(out.pop(), text="‖")
        side = None
        match token.kind, token.text:
            case "command", "left":
                side = token
                open_.append(token)
                continue
            case ("command", "begin") | ("sign", "{"):
                open_.append(token)
            case ("command", "right") | ("command", "end") | ("sign", "}"):
                opening = {"right": "left", "end": "begin", "}": "{"}[token.text]
                if open_ and open_[-1].text == opening:
                    open_.pop()
                elif token.text == "right" or (open_ and open_[-1].text == "left"):
                    raise _unpaired(token if token.text == "right" else open_[-1])
                if token.text == "right":
                    side = token
                    continue
            case ("sign", "&") | ("sign", r"\\") if open_ and open_[-1].text == "left":
                raise _unpaired(open_[-1])
        out.append(token)
    left = next((token for token in open_ if token.text == "left"), None)
    if left is not None:
        raise _unpaired(left)
    return out


def _unpaired(token: Token) -> NotUnderstood:
    other = "right" if token.text == "left" else "left"
    return NotUnderstood(rf"\{token.text} has no \{other} that belongs to it", token.at)


def _after(side: Token, token: Token) -> Token:
    r"""The bracket or bar that follows ``\left`` or ``\right``."""
    if token.kind == "sign" and token.text in ("|", "‖"):
        return Token("sign", token.text + ("(" if side.text == "left" else ")"), token.at)
    if token.kind == "sign" and token.text == ".":
        raise NotUnderstood(r"\left. and \right. are not understood; write the brackets", token.at)
    if token.kind != "sign" or token.text not in (_OPENING if side.text == "left" else _CLOSING):
        raise NotUnderstood(rf"\{side.text} stands before a bracket", side.at)
    return token


_OPENING, _CLOSING = ("(", "[", r"\{"), (")", "]", r"\}")
