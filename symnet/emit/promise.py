"""What a training function promises to LLVM, as source text: its arrays lie apart, and the widest vectors are welcome.

Without the first promise every inner loop begins by comparing the addresses of all arrays that it uses, or gives up
taking several elements at once.  Without the second LLVM uses half of the width of processors with AVX-512.  numba has
no option for either, but lets a function add to its own LLVM attributes.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.lower.statements import Array

NAME = "promise"

IMPORTS = ("from llvmlite import ir", "from numba import njit, types", "from numba.extending import intrinsic")

SOURCE = '''@intrinsic
def promise(typing_context):
    """Promise LLVM that the arrays of the calling function lie apart, and let it use the widest vectors."""

    def code(context, builder, signature, arguments):
        function = builder.function
        for argument in function.args[2:]:  # the first two are numba's own
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        # llvmlite lists only LLVM's oldest attributes, so this one is added as the text that LLVM reads.
        set.add(function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.none(), code'''


def opening(arrays: Sequence[Array]) -> list[str]:
    """The first lines of a function that promises this of its arrays.

    The checks of shapes are also how LLVM comes to know where the rows of a matrix begin.
    """
    out = [f"{NAME}()"]
    for array in arrays:
        if len(array.lengths) == 2 and isinstance(array.lengths[1], int):
            out.append(f"if {array.name}.shape[1] != {array.lengths[1]}:")
            out.append(f'    raise ValueError("{array.name} has another number of columns than {array.lengths[1]}")')
    return out
