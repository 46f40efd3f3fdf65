"""What a training function asks of LLVM and of the processor, as source text.

Its arrays lie apart: without this promise every inner loop begins by comparing the addresses of all arrays that it
uses, or gives up taking several elements at once. The widest vectors are welcome: else LLVM uses half of the width of
processors with AVX-512. Processors with fewer registers take two vectors at once in every loop, so that a sum or a
polynomial need not wait for itself; LLVM reckons that they are too few for that. Loops are not written out several
times, which gains nothing here and takes a third of the time to compile. Numbers below the normal range (10^−308, in
single precision 10^−38) become zero while it runs: momenta decay into that range, where processors need a hundred times
as long; XLA does the same. numba has no option for these, but lets a function add to its own LLVM code.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.lower.statements import Array

IMPORTS = ("from llvmlite import binding, ir", "from numba import njit, types", "from numba.extending import intrinsic")

SOURCE = '''def control(builder, name, state):
    """Load the processor's state of floating point, or store it: only x86-64 has this one."""
    if builder.module.triple.startswith("x86_64"):
        kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(ir.IntType(8))])
        known = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        builder.call(known, [builder.bitcast(state, ir.PointerType(ir.IntType(8)))])


@intrinsic
def promise(typing_context):
    """Promise LLVM that the arrays of the calling function lie apart, let it use the widest vectors, and take numbers
    below the normal range for zero; returns the state to restore."""

    def code(context, builder, signature, arguments):
        function = builder.function
        for argument in function.args[2:]:  # the first two are numba's own
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        # llvmlite lists only LLVM's oldest attributes, so this one is added as the text that LLVM reads.
        set.add(function.attributes, '"prefer-vector-width"="512"')
        state = builder.alloca(ir.IntType(32))
        builder.store(ir.IntType(32)(0), state)
        control(builder, "llvm.x86.sse.stmxcsr", state)
        before = builder.load(state)
        builder.store(builder.or_(before, ir.IntType(32)(0x8040)), state)
        control(builder, "llvm.x86.sse.ldmxcsr", state)
        return before

    return types.int32(), code


def marked(function):
    """Say how loops are to be compiled: not written out several times, and where a processor has so few registers that
    LLVM would take one vector at a time, two."""
    place = {block: k for k, block in enumerate(function.blocks)}
    wishes = [function.module.add_metadata(["llvm.loop.unroll.disable"])]
    if not binding.get_host_cpu_features().get("avx512f"):
        wishes.append(function.module.add_metadata(["llvm.loop.interleave.count", ir.IntType(32)(2)]))
    for block in function.blocks:
        for target in getattr(block.terminator, "operands", ()):
            if place.get(target, len(place)) <= place[block]:  # a loop's end
                mark = ir.values.MDValue(function.module, wishes, name=str(len(function.module.metadata)))
                mark.operands = (mark, *wishes)
                block.terminator.set_metadata("llvm.loop", mark)


@intrinsic
def restore(typing_context, before):
    """The state that ``promise`` returned; loops are marked."""

    def code(context, builder, signature, arguments):
        marked(builder.function)
        state = builder.alloca(ir.IntType(32))
        builder.store(arguments[0], state)
        control(builder, "llvm.x86.sse.ldmxcsr", state)
        return context.get_dummy_value()

    return types.void(types.int32), code'''

CLOSING = "restore(before)"


def opening(arrays: Sequence[Array]) -> list[str]:
    """The first lines of a function with these arrays; :data:`CLOSING` comes last.

    The checks of shapes are also how LLVM comes to know where the rows of a matrix begin.
    """
    out = []
    for array in arrays:
        if len(array.lengths) == 2 and isinstance(array.lengths[1], int):
            out.append(f"if {array.name}.shape[1] != {array.lengths[1]}:")
            out.append(f'    raise ValueError("{array.name} has another number of columns than {array.lengths[1]}")')
    return [*out, "before = promise()"]
