"""Products of matrices that are added to what is there, by the BLAS that numba finds, as source text.

``np.dot`` only replaces.  BLAS itself computes C ← α·A·B + β·C, which a step of gradient descent is; numba gives its
functions that routine by the name ``numba_xxgemm``.
"""

from __future__ import annotations

SOURCE = '''@intrinsic
def gemm(typing_context, left, right, target, scale, keep):
    """target = scale * left @ right + keep * target; left and right may be transposed, the target not."""

    def code(context, builder, signature, arguments):
        letter = {types.float32: "s", types.float64: "d"}[signature.args[2].dtype]
        number = context.get_value_type(signature.args[2].dtype)
        byte, size, pointer = ir.IntType(8), ir.IntType(64), ir.PointerType(ir.IntType(8))
        a, b, c = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:3], arguments[:3], strict=True)
        )
        (m, k), (_, n) = (cgutils.unpack_tuple(builder, x.shape, 2) for x in (a, b))
        factors = []
        for kind, value in zip(signature.args[3:], arguments[3:], strict=True):
            place = cgutils.alloca_once(builder, number)
            builder.store(context.cast(builder, value, kind, signature.args[2].dtype), place)
            factors.append(builder.bitcast(place, pointer))
        # BLAS counts columns first, so it is given the transposes: targetᵀ = rightᵀ · leftᵀ.
        turns = [ir.Constant(byte, ord("n" if kind.layout == "C" else "t")) for kind in signature.args[:2]]
        data = [builder.bitcast(x.data, pointer) for x in (a, b, c)]
        leading_a = k if signature.args[0].layout == "C" else m
        leading_b = n if signature.args[1].layout == "C" else k
        types_of = [byte, byte, byte, size, size, size, pointer, pointer, size, pointer, size, pointer, pointer, size]
        kind = ir.FunctionType(ir.IntType(32), types_of)
        routine = cgutils.get_or_insert_function(builder.module, kind, "numba_xxgemm")
        chosen = ir.Constant(byte, ord(letter))
        first = (chosen, turns[1], turns[0], n, m, k, factors[0])
        builder.call(routine, (*first, data[1], leading_b, data[0], leading_a, factors[1], data[2], n))
        return context.get_dummy_value()

    if any(array.layout not in "CF" for array in (left, right)) or target.layout != "C":
        raise TypeError("BLAS takes arrays that lie in one piece")
    return types.void(left, right, target, scale, keep), code'''
"""The intrinsic; its imports are those of :mod:`symnet.emit.promise`, and ``cgutils``."""

IMPORTS = ("from numba.core import cgutils",)
