"""Products of matrices in registers: every shape, order and beginning, beside NumPy."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from symnet.emit import products, promise
from symnet.emit.modules import load

FORMS = {
    "replaced": "None, 1.0, 1.0",
    "from a row": "row, 1.0, 1.0",
    "added": "target, 1.0, 1.0",
    "a step": "target, -0.25, 0.5",
}


def module(columns: int) -> ModuleType:
    imports = "\n".join((*promise.IMPORTS[:2], *products.IMPORTS, promise.IMPORTS[2]))
    functions = [
        f"@njit\ndef {name.replace(' ', '_')}(left, right, target, row):\n"
        f"    multiply(left, right, target, {columns}, {arguments})"
        for name, arguments in FORMS.items()
    ]
    return load("\n\n\n".join((imports, products.SOURCES["multiply"], *functions)) + "\n", keep=False)


@pytest.mark.parametrize("columns", [1, 3, 7, 10, 16, 33])
def test_products_are_those_of_numpy(columns: int) -> None:
    made, rng = module(columns), np.random.default_rng(columns)
    for dtype, tolerance in (("float64", 1e-13), ("float32", 2e-5)):
        for rows, terms in ((1, 1), (2, 5), (3, 0), (4, 3), (11, 64), (0, 2)):
            left, right, row = (
                rng.normal(size=size).astype(dtype) for size in ((rows, terms), (terms, columns), columns)
            )
            for turned in (left, np.ascontiguousarray(left.T).T):
                for name in FORMS:
                    target = (
                        np.full((rows, columns), np.nan) if name in ("replaced", "from a row") else left @ right + 1
                    )
                    target = target.astype(dtype)
                    product = left.astype("float64") @ right.astype("float64")
                    wanted = {"replaced": product, "from a row": product + row, "added": product + target}
                    wanted["a step"] = 0.5 * target - 0.25 * product
                    getattr(made, name.replace(" ", "_"))(turned, right, target, row)
                    np.testing.assert_allclose(target, wanted[name], rtol=tolerance, atol=tolerance * 10)


def test_what_is_not_a_number_stays_visible() -> None:
    made = module(5)
    left, right, target = np.array([[np.inf, 1.0]]), np.ones((2, 5)), np.zeros((1, 5))
    right[0, 1], right[1, 2] = 0.0, np.nan
    made.replaced(left, right, target, right[0])
    np.testing.assert_array_equal(target, [[np.inf, np.nan, np.nan, np.inf, np.inf]])


def test_a_factor_whose_rows_are_apart_is_refused() -> None:
    made = module(3)
    right = np.ones((3, 3))[:, ::-1]
    with pytest.raises(TypeError, match="lie in one piece"):
        made.replaced(np.ones((2, 3)), right, np.zeros((2, 3)), np.ones(3))
