"""Products of matrices as source text: by the BLAS that numba finds, and in registers.

``np.dot`` only replaces.  BLAS itself computes C ← α·A·B + β·C, which a step of gradient descent is; numba gives its
functions that routine by the name ``numba_xxgemm``.  For matrices that the nearest memory holds, what BLAS does to
bring large ones there takes longer than the product; ``multiply`` leaves that out: blocks of the result are summed up
in registers (the innermost loop of Goto & van de Geijn 2008, “Anatomy of High-Performance Matrix Multiplication”).
"""

from __future__ import annotations

_GEMM = '''@intrinsic
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

_MULTIPLY = '''@intrinsic(prefer_literal=True)
def multiply(typing_context, left, right, target, columns, start, scale, keep):
    """target = scale * left @ right + keep * start, for so many columns; start is None, one row or a whole matrix.

    Four rows by two vectors of columns at a time, whose sums stay in registers; left may be transposed.
    """

    def code(context, builder, signature, arguments):
        element, count = signature.args[2].dtype, columns.literal_value
        number, item, size = context.get_value_type(element), element.bitwidth // 8, ir.IntType(64)
        lanes = (64 if binding.get_host_cpu_features().get("avx512f") else 32) // item

        def placed(k):
            array = context.make_array(signature.args[k])(context, builder, arguments[k])
            strides = cgutils.unpack_tuple(builder, array.strides)
            return builder.bitcast(array.data, ir.PointerType(ir.IntType(8))), strides[-2:]

        def there(place, row, column):
            data, strides = place
            for index, stride in zip((row, column)[-len(strides) :], strides, strict=True):
                data = builder.gep(data, [builder.mul(index, stride)])
            return data

        def vector(data, width):
            return builder.bitcast(data, ir.PointerType(ir.VectorType(number, width)))

        def splat(value, width):
            empty = ir.Constant(ir.VectorType(number, width), ir.Undefined)
            first = builder.insert_element(empty, value, ir.IntType(32)(0))
            return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), width), None))

        def added(x, y, z):
            name = f"llvm.fmuladd.v{x.type.count}f{element.bitwidth}"
            kind = ir.FunctionType(x.type, [x.type] * 3)
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [x, y, z])

        def block(row, rows, first, widths):
            """The sums of some rows and neighbouring vectors of columns."""
            at_row = [builder.add(row, size(r)) for r in range(rows)]
            at_column = [builder.add(first, size(sum(widths[:c]))) for c in range(len(widths))]
            places = [(r, c) for r in range(rows) for c in range(len(widths))]
            sums = {(r, c): cgutils.alloca_once(builder, ir.VectorType(number, widths[c])) for r, c in places}
            for one in sums.values():
                builder.store(ir.Constant(one.type.pointee, None), one)
            beginnings = [there(left_at, one, size(0)) for one in at_row]
            with cgutils.for_range(builder, terms, intp=size) as loop:
                line = there(right_at, loop.index, first)
                gone = builder.mul(loop.index, left_at[1][1])
                vectors = []
                for c, w in enumerate(widths):
                    place = builder.gep(line, [size(sum(widths[:c]) * item)])
                    vectors.append(builder.load(vector(place, w), align=item))
                for r in range(rows):
                    place = builder.gep(beginnings[r], [gone])
                    value = builder.load(builder.bitcast(place, ir.PointerType(number)))
                    for c, w in enumerate(widths):
                        total = added(splat(value, w), vectors[c], builder.load(sums[r, c]))
                        builder.store(total, sums[r, c])
            for r, c in places:
                value = builder.fmul(splat(factors[0], widths[c]), builder.load(sums[r, c]))
                if start_at:
                    place = vector(there(start_at, at_row[r], at_column[c]), widths[c])
                    value = added(splat(factors[1], widths[c]), builder.load(place, align=item), value)
                place = vector(there(target_at, at_row[r], at_column[c]), widths[c])
                builder.store(value, place, align=item)

        left_at, right_at, target_at = map(placed, range(3))
        start_at = None if start == types.none else placed(4)
        factors = [context.cast(builder, arguments[k], signature.args[k], element) for k in (5, 6)]
        shape = context.make_array(left)(context, builder, arguments[0]).shape
        all_rows, terms = cgutils.unpack_tuple(builder, shape, 2)
        whole = count // (2 * lanes) * 2 * lanes
        rest = [w for w in (lanes >> k for k in range(lanes.bit_length())) if (count - whole) & w]
        done = size(0)
        for rows in (4, 1):
            end = builder.sub(all_rows, builder.srem(builder.sub(all_rows, done), size(rows)))
            with (
                cgutils.for_range_slice(builder, size(0), size(whole), size(2 * lanes), size) as (first, _),
                cgutils.for_range_slice(builder, done, end, size(rows), size) as (row, _),
            ):
                block(row, rows, first, [lanes, lanes])
            if rest:
                with cgutils.for_range_slice(builder, done, end, size(rows), size) as (row, _):
                    block(row, rows, size(whole), rest)
            done = end
        return context.get_dummy_value()

    if right.layout != "C" or target.layout != "C":
        raise TypeError("the rows of the right factor and of the target lie in one piece each")
    return types.void(left, right, target, columns, start, scale, keep), code'''

SOURCES = {"gemm": _GEMM, "multiply": _MULTIPLY}
"""The intrinsics; they import what :mod:`symnet.emit.promise` does, and :data:`IMPORTS`."""

IMPORTS = ("from numba.core import cgutils",)
