"""A trainer of 64 → 64 relu → 10 softmax, cost categorical_cross_entropy, by adam, written by symnet.
It needs numpy and numba.

    python trainer.py fit data.csv --target y -o model.npz
    python trainer.py predict model.npz data.csv
    python trainer.py check

    import trainer
    model = trainer.fit(X, y, epochs=100)
    trainer.predict(X, model.kept)

Training is compiled as one function, tiled: 4810 weights, no matrix of 5000 or more.

How its gradients are derived

Forward propagation
───────────────────

kⱼ = Σ_i wᵢⱼ·xᵢ + bⱼ        │ weighted sum
hⱼ = relu(kⱼ)               │ activation
zₖ = Σ_j wⱼₖ⁽²⁾·hⱼ + bₖ⁽²⁾  │ weighted sum
ŷₖ = e^zₖ/(Σ_l e^zₗ)        │ activation

Cost function
─────────────

C = −(1/n) Σ Σ_k yₖ·ln ŷₖ  │ cost

Derivatives of the activation functions
───────────────────────────────────────

 relu(x) = max(0, x)
relu′(x) = {1 if x > 0; 0 otherwise}

Backward propagation
────────────────────

    ∂C/∂ŷₖ = ∂/∂ŷₖ (−(1/n)·yₖ·ln ŷₖ)                        │ by definition of the cost
           = −(1/n)·(yₖ/ŷₖ)                                 │ derivative of ln
    ∂C/∂zₖ = Σ_l ∂C/∂ŷₗ · ∂ŷₗ/∂zₖ                           │ chain rule
           = ∂C/∂ŷₖ · (e^zₖ/(Σ_l e^zₗ))
               + Σ_m (−∂C/∂ŷₘ · (e^zₘ·e^zₖ/(Σ_l e^zₗ)²))    │ derivative of exp, power rule
           = ∂C/∂ŷₖ · ŷₖ + Σ_m (−∂C/∂ŷₘ · ŷₘ · ŷₖ)          │ softmax by its name
           = ŷₖ·(∂C/∂ŷₖ − Σ_m ∂C/∂ŷₘ · ŷₘ)                  │ common factor
           = ŷₖ·(−(1/n)·(yₖ/ŷₖ) − Σ_m (−(1/n)·(yₘ·ŷₘ/ŷₘ)))  │ substitute the derivative of the
                                                            │ cost
           = ŷₖ·(−(1/n)·(yₖ/ŷₖ) + 1/n)                      │ the targets of a sample sum to 1
           = (1/n)·(ŷₖ − yₖ)                                │ common denominator; cancel
∂C/∂wⱼₖ⁽²⁾ = Σ ∂C/∂zₖ · ∂zₖ/∂wⱼₖ⁽²⁾                         │ chain rule
           = Σ hⱼ · ∂C/∂zₖ                                  │ ∂zₖ/∂wⱼₖ⁽²⁾ = hⱼ
    ∂C/∂hⱼ = Σ_k ∂C/∂zₖ · ∂zₖ/∂hⱼ                           │ chain rule
           = Σ_k ∂C/∂zₖ · wⱼₖ⁽²⁾                            │ ∂zₖ/∂hⱼ = wⱼₖ⁽²⁾
 ∂C/∂bₖ⁽²⁾ = Σ ∂C/∂zₖ · ∂zₖ/∂bₖ⁽²⁾                          │ chain rule
           = Σ ∂C/∂zₖ                                       │ ∂zₖ/∂bₖ⁽²⁾ = 1
    ∂C/∂kⱼ = ∂C/∂hⱼ · ∂hⱼ/∂kⱼ                               │ chain rule
           = ∂C/∂hⱼ · relu′(kⱼ)                             │ ∂hⱼ/∂kⱼ = relu′(kⱼ)
   ∂C/∂wᵢⱼ = Σ ∂C/∂kⱼ · ∂kⱼ/∂wᵢⱼ                            │ chain rule
           = Σ xᵢ · ∂C/∂kⱼ                                  │ ∂kⱼ/∂wᵢⱼ = xᵢ
    ∂C/∂bⱼ = Σ ∂C/∂kⱼ · ∂kⱼ/∂bⱼ                             │ chain rule
           = Σ ∂C/∂kⱼ                                       │ ∂kⱼ/∂bⱼ = 1

Side conditions
───────────────

  Σ_k yₖ =  1  │ the targets of every sample sum to 1
relu′(0) := 0  │ at its kink the derivative is taken as 0 from the left

How a step is made

adam with schedule cosine
─────────────────────────

g(t) = ∇C(w(t − 1))                                           │ derivative of the cost
k(t) = ⌊(t − 1)/N⌋                                            │ epochs before this step
κ(t) = κₘᵢₙ + (1/2)·(1 − κₘᵢₙ)·(1 + cos(π·(min(T, k(t))/T)))  │ schedule
γ(t) = γ·κ(t)                                                 │ learning rate
m(t) = β₁·m(t − 1) + (1 − β₁)·g(t)                            │ mean of the derivatives
v(t) = β₂·v(t − 1) + (1 − β₂)·g(t)²                           │ mean of their squares
m̂(t) = m(t)/(1 − β₁ᵗ)                                         │ bias-corrected
v̂(t) = v(t)/(1 − β₂ᵗ)                                         │ bias-corrected
w(t) = w(t − 1) − γ(t)·m̂(t)/(√v̂(t) + ε)

For every element of every parameter; t counts the steps from 1; m(0) = v(0) = 0. With γ = 0.001, β₁
= 0.9, β₂ = 0.999, ε = 10⁻⁸, T = 100, N = 10, κₘᵢₙ = 0.

  ▸ source: Kingma & Ba 2015, “Adam: a method for stochastic optimization”, algorithm 1

  ▸ note: ε stands outside the root and both means are corrected for their start at 0, as in
    algorithm 1 and PyTorch. Other versions: adam_epsilon_hat (the paper's shorter order of
    computing, and TensorFlow's), adam_inside (ε inside the root), adam_uncorrected (no correction),
    amsgrad (the greatest mean square).

  ▸ source of cosine: Loshchilov & Hutter 2017, “SGDR: stochastic gradient descent with warm
    restarts”, equation 5, without restarts

  ▸ note on cosine: After T the cosine stays at its least, where PyTorch's CosineAnnealingLR rises
    again.
"""


import argparse
import csv
import io
import json
import math
import mmap
import os
import sys
import tempfile
import time
import zipfile

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

f32 = np.float32


def control(builder, name, state):
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

    return types.void(types.int32), code


@intrinsic(prefer_literal=True)
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
    return types.void(left, right, target, columns, start, scale, keep), code


inlined = njit(
    error_model="numpy",
    fastmath={"contract"},
    forceinline=True,
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    cache=True,
)


@inlined
def minus(x, y):
    """x − y, before anything else is added to it: the caller may be allowed to add in another order."""
    return x - y


@inlined
def exp(x):
    """e^x: x = n ln 2 + r with |r| ≤ ½ ln 2, then 2^n (1 + r + r² q(r)), 2^n as two factors."""
    x = f32(89.0) if x > f32(89.0) else x
    x = -f32(104.0) if x < -f32(104.0) else x
    shifted = x * f32(1.4426950408889634) + f32(12582912.0)
    n = shifted - f32(12582912.0)
    r = (x - n * f32(0.693145751953125)) - n * f32(1.4286068e-06)
    r2 = r * r
    q4_0 = (f32(0.5) + f32(0.16666667) * r) + (f32(0.041666355) + f32(0.008333273) * r) * r2
    r4 = r2 * r2
    q = q4_0 + (f32(0.001394105) + f32(0.00019914299) * r) * r4
    half = n * f32(0.5) + f32(12582912.0)
    rest = (n - (half - f32(12582912.0))) + f32(12582912.0)
    return (r * r * q + r + f32(1.0)) * np.int32((np.float32(half).view(np.int32) + 127) << 23).view(np.float32) * np.int32((np.float32(rest).view(np.int32) + 127) << 23).view(np.float32)


@inlined
def log1p(x):
    """ln(1 + x): 1 + x = u + c exactly (Knuth's two-sum), then ln u + c/u, ln u as in log."""
    u = f32(1.0) + x
    back = u - f32(1.0)
    c = (f32(1.0) - (u - back)) + (x - back)
    bits = np.float32(u).view(np.int32)
    exponent = np.int32(bits - 1060439283) >> 23
    f = np.int32(bits - (exponent << 23)).view(np.float32) - f32(1.0)
    n = np.float32(exponent)
    s = f / (f32(2.0) + f)
    w = s * s
    w2 = w * w
    q = (f32(0.6666666) + f32(0.40000337) * w) + (f32(0.2853724) + f32(0.23583537) * w) * w2
    part = s * (f - w * q)
    value = n * f32(0.693145751953125) + (f - (part - (n * f32(1.4286068e-06) + c / u)))
    value = value if u > f32(0.0) else -f32(np.inf) if u == f32(0.0) else f32(np.nan)
    value = x if abs(x) < f32(2.9802322387695312e-08) else value
    return x if x == f32(np.inf) else value


@njit(error_model="numpy", cache=True)
def forward_kernel(x, W1, b1, W2, b2, a2, z1, a1, z2, m2, d2, e2, t2):
    """The prediction of 64 → 64 relu → 10 softmax, cost categorical_cross_entropy.

    reads: x[n, 64], W1[64, 64], b1[64], W2[64, 10], b2[10]
    fills: a2[n, 10]
    works in: z1[n, 64], a1[n, 64], z2[n, 10], m2[n], d2[n, 10], e2[n, 10], t2[n]
    """
    n = x.shape[0]

    # z1[s,u1] = Σ_u0 W1[u0,u1]·x[s,u0] + b1[u1]
    multiply(x, W1, z1, 64, b1, f32(1.0), f32(1.0))

    # a1[s,u1] = relu(z1[s,u1])
    for s in range(n):
        for u1 in range(64):
            z1_ = z1[s, u1]
            a1[s, u1] = f32(0.0) if z1_ <= f32(0.0) else z1_

    # z2[s,u2] = Σ_u1 W2[u1,u2]·a1[s,u1] + b2[u2]
    multiply(a1, W2, z2, 10, b2, f32(1.0), f32(1.0))

    # a2[s,u2] = exp(z2[s,u2])/(Σ_u2' exp(z2[s,u2']))
    # stable form: e^z from the distance to the largest z
    # m2[s] = max_u2' z2[s,u2']
    for s in range(n):
        largest = -f32(math.inf)
        for u2_ in range(10):
            largest = max(largest, z2[s, u2_])
        m2[s] = largest

    # d2[s,u2] = z2[s,u2] − m2[s]
    for s in range(n):
        for u2 in range(10):
            d2[s, u2] = minus(z2[s, u2], m2[s])

    # e2[s,u2] = exp(d2[s,u2])
    e2_all = e2.reshape(e2.size)
    d2_all = d2.reshape(d2.size)
    count = e2_all.shape[0]
    for i in range(count):
        e2_all[i] = exp(d2_all[i])

    # t2[s] = Σ_u2' e2[s,u2']
    for s in range(n):
        total = f32(0.0)
        for u2_ in range(10):
            total += e2[s, u2_]
        t2[s] = total

    # a2[s,u2] = e2[s,u2]/t2[s]
    for s in range(n):
        factor = f32(1.0) / t2[s]
        for u2 in range(10):
            a2[s, u2] = factor * e2[s, u2]


@njit(error_model="numpy", cache=True)
def cost_kernel(x, y, W1, b1, W2, b2, z1, a1, z2, m2, d2, e2, sum1, sum2, lnt2):
    """The cost of 64 → 64 relu → 10 softmax, cost categorical_cross_entropy.

    reads: x[n, 64], y[n, 10], W1[64, 64], b1[64], W2[64, 10], b2[10]
    works in: z1[n, 64], a1[n, 64], z2[n, 10], m2[n], d2[n, 10], e2[n, 10], sum1[n], sum2[n],
        lnt2[n]
    returns: C
    """
    n = x.shape[0]

    # z1[s,u1] = Σ_u0 W1[u0,u1]·x[s,u0] + b1[u1]
    multiply(x, W1, z1, 64, b1, f32(1.0), f32(1.0))

    # a1[s,u1] = relu(z1[s,u1])
    for s in range(n):
        for u1 in range(64):
            z1_ = z1[s, u1]
            a1[s, u1] = f32(0.0) if z1_ <= f32(0.0) else z1_

    # z2[s,u2] = Σ_u1 W2[u1,u2]·a1[s,u1] + b2[u2]
    multiply(a1, W2, z2, 10, b2, f32(1.0), f32(1.0))

    # a2[s,u2] = exp(z2[s,u2])/(Σ_u2' exp(z2[s,u2']))
    # stable form: e^z from the distance to the largest z
    # m2[s] = max_u2' z2[s,u2']
    for s in range(n):
        largest = -f32(math.inf)
        for u2_ in range(10):
            largest = max(largest, z2[s, u2_])
        m2[s] = largest

    # d2[s,u2] = z2[s,u2] − m2[s]
    for s in range(n):
        for u2 in range(10):
            d2[s, u2] = minus(z2[s, u2], m2[s])

    # e2[s,u2] = exp(d2[s,u2])
    e2_all = e2.reshape(e2.size)
    d2_all = d2.reshape(d2.size)
    count = e2_all.shape[0]
    for i in range(count):
        e2_all[i] = exp(d2_all[i])

    # sum1[s] = Σ_u2' (1 if e2[s,u2'] >= 1 else 0)
    for s in range(n):
        total = f32(0.0)
        for u2_ in range(10):
            total += f32(1.0) if e2[s, u2_] >= f32(1.0) else f32(0.0)
        sum1[s] = total

    # sum2[s] = Σ_u2' (0 if e2[s,u2'] >= 1 else e2[s,u2'])
    for s in range(n):
        total = f32(0.0)
        for u2_ in range(10):
            e2_ = e2[s, u2_]
            total += f32(0.0) if e2_ >= f32(1.0) else e2_
        sum2[s] = total

    # lnt2[s] = log1p(sum1[s] − 1 + sum2[s])
    for s in range(n):
        lnt2[s] = log1p(minus(sum1[s], f32(1.0)) + sum2[s])

    # C = −(Σ_s Σ_u2 y[s,u2]·log(a2[s,u2]))/n
    # stable form: ln p from the logits
    # sum3 = Σ_s Σ_u2 y[s,u2]·(d2[s,u2] − lnt2[s])
    sum3_sum = 0.0
    for begin in range(0, n, 256):
        stop = min(begin + 256, n)
        sum3 = f32(0.0)
        for s in range(begin, stop):
            for u2 in range(10):
                sum3 += y[s, u2] * (d2[s, u2] - lnt2[s])
        sum3_sum += sum3
    sum3 = f32(sum3_sum)

    # C = −sum3/n
    C = -sum3 / f32(n)
    return C


@njit(error_model="numpy", cache=True)
def gradient_kernel(x, y, W1, b1, W2, b2, dW1, db1, dW2, db2, z1, a1, z2, m2, d2, e2, t2, sum1, sum2, lnt2, a2, dz2, W2_transposed, da1, dz1, dW2_sum, db2_sum, dW1_sum, db1_sum):
    """The cost and its gradient of 64 → 64 relu → 10 softmax, cost categorical_cross_entropy.

    reads: x[n, 64], y[n, 10], W1[64, 64], b1[64], W2[64, 10], b2[10]
    fills: dW1[64, 64] = dC/dW1, db1[64] = dC/db1, dW2[64, 10] = dC/dW2, db2[10] = dC/db2
    works in: z1[n, 64], a1[n, 64], z2[n, 10], m2[n], d2[n, 10], e2[n, 10], t2[n], sum1[n], sum2[n],
        lnt2[n], a2[n, 10], dz2[n, 10] = dC/dz2, W2_transposed[10, 64] = W2 transposed,
        da1[n, 64] = dC/da1, dz1[n, 64] = dC/dz1, dW2_sum[64, 10] (float64), db2_sum[10] (float64),
        dW1_sum[64, 64] (float64), db1_sum[64] (float64)
    returns: C
    """
    n = x.shape[0]

    # z1[s,u1] = Σ_u0 W1[u0,u1]·x[s,u0] + b1[u1]
    multiply(x, W1, z1, 64, b1, f32(1.0), f32(1.0))

    # a1[s,u1] = relu(z1[s,u1])
    for s in range(n):
        for u1 in range(64):
            z1_ = z1[s, u1]
            a1[s, u1] = f32(0.0) if z1_ <= f32(0.0) else z1_

    # z2[s,u2] = Σ_u1 W2[u1,u2]·a1[s,u1] + b2[u2]
    multiply(a1, W2, z2, 10, b2, f32(1.0), f32(1.0))

    # a2[s,u2] = exp(z2[s,u2])/(Σ_u2' exp(z2[s,u2']))
    # stable form: e^z from the distance to the largest z
    # m2[s] = max_u2' z2[s,u2']
    for s in range(n):
        largest = -f32(math.inf)
        for u2_ in range(10):
            largest = max(largest, z2[s, u2_])
        m2[s] = largest

    # d2[s,u2] = z2[s,u2] − m2[s]
    for s in range(n):
        for u2 in range(10):
            d2[s, u2] = minus(z2[s, u2], m2[s])

    # e2[s,u2] = exp(d2[s,u2])
    e2_all = e2.reshape(e2.size)
    d2_all = d2.reshape(d2.size)
    count = e2_all.shape[0]
    for i in range(count):
        e2_all[i] = exp(d2_all[i])

    # t2[s] = Σ_u2' e2[s,u2']
    for s in range(n):
        total = f32(0.0)
        for u2_ in range(10):
            total += e2[s, u2_]
        t2[s] = total

    # sum1[s] = Σ_u2' (1 if e2[s,u2'] >= 1 else 0)
    for s in range(n):
        total = f32(0.0)
        for u2_ in range(10):
            total += f32(1.0) if e2[s, u2_] >= f32(1.0) else f32(0.0)
        sum1[s] = total

    # sum2[s] = Σ_u2' (0 if e2[s,u2'] >= 1 else e2[s,u2'])
    for s in range(n):
        total = f32(0.0)
        for u2_ in range(10):
            e2_ = e2[s, u2_]
            total += f32(0.0) if e2_ >= f32(1.0) else e2_
        sum2[s] = total

    # lnt2[s] = log1p(sum1[s] − 1 + sum2[s])
    for s in range(n):
        lnt2[s] = log1p(minus(sum1[s], f32(1.0)) + sum2[s])

    # a2[s,u2] = e2[s,u2]/t2[s]
    for s in range(n):
        factor = f32(1.0) / t2[s]
        for u2 in range(10):
            a2[s, u2] = factor * e2[s, u2]

    # C = −(Σ_s Σ_u2 y[s,u2]·log(a2[s,u2]))/n
    # stable form: ln p from the logits
    # sum3 = Σ_s Σ_u2 y[s,u2]·(d2[s,u2] − lnt2[s])
    sum3_sum = 0.0
    for begin in range(0, n, 256):
        stop = min(begin + 256, n)
        sum3 = f32(0.0)
        for s in range(begin, stop):
            for u2 in range(10):
                sum3 += y[s, u2] * (d2[s, u2] - lnt2[s])
        sum3_sum += sum3
    sum3 = f32(sum3_sum)

    # C = −sum3/n
    C = -sum3 / f32(n)

    # dC/dz2[s,u2] = (a2[s,u2] − y[s,u2])/n
    for s in range(n):
        factor = f32(1.0) / f32(n)
        for u2 in range(10):
            dz2[s, u2] = factor * (a2[s, u2] - y[s, u2])

    # dC/dW2[u1,u2] = Σ_s a1[s,u1]·dC/dz2[s,u2]
    for u1 in range(64):
        for u2 in range(10):
            dW2_sum[u1, u2] = 0.0
    for begin in range(0, n, 256):
        stop = min(begin + 256, n)
        for u1 in range(64):
            for u2 in range(10):
                dW2[u1, u2] = f32(0.0)
        a1_part = a1[begin:stop]
        dz2_part = dz2[begin:stop]
        multiply(a1_part.T, dz2_part, dW2, 10, dW2, f32(1.0), f32(1.0))
        for u1 in range(64):
            for u2 in range(10):
                dW2_sum[u1, u2] += dW2[u1, u2]
    for u1 in range(64):
        for u2 in range(10):
            dW2[u1, u2] = f32(dW2_sum[u1, u2])

    # dC/da1[s,u1] = Σ_u2 dC/dz2[s,u2]·W2[u1,u2]
    # W2 transposed[u2,u1] = W2[u1,u2]
    for u2 in range(10):
        for u1 in range(64):
            W2_transposed[u2, u1] = W2[u1, u2]

    # dC/da1[s,u1] = Σ_u2 dC/dz2[s,u2]·W2 transposed[u2,u1]
    multiply(dz2, W2_transposed, da1, 64, None, f32(1.0), f32(1.0))

    # dC/db2[u2] = Σ_s dC/dz2[s,u2]
    for u2 in range(10):
        db2_sum[u2] = 0.0
    for begin in range(0, n, 256):
        stop = min(begin + 256, n)
        for u2 in range(10):
            db2[u2] = f32(0.0)
        for s in range(begin, stop):
            for u2 in range(10):
                db2[u2] += dz2[s, u2]
        for u2 in range(10):
            db2_sum[u2] += db2[u2]
    for u2 in range(10):
        db2[u2] = f32(db2_sum[u2])

    # dC/dz1[s,u1] = dC/da1[s,u1]·relu′(z1[s,u1])
    for s in range(n):
        for u1 in range(64):
            dz1[s, u1] = da1[s, u1] * (f32(1.0) if z1[s, u1] > f32(0.0) else f32(0.0))

    # dC/dW1[u0,u1] = Σ_s x[s,u0]·dC/dz1[s,u1]
    for u0 in range(64):
        for u1 in range(64):
            dW1_sum[u0, u1] = 0.0
    for begin in range(0, n, 256):
        stop = min(begin + 256, n)
        for u0 in range(64):
            for u1 in range(64):
                dW1[u0, u1] = f32(0.0)
        x_part = x[begin:stop]
        dz1_part = dz1[begin:stop]
        multiply(x_part.T, dz1_part, dW1, 64, dW1, f32(1.0), f32(1.0))
        for u0 in range(64):
            for u1 in range(64):
                dW1_sum[u0, u1] += dW1[u0, u1]
    for u0 in range(64):
        for u1 in range(64):
            dW1[u0, u1] = f32(dW1_sum[u0, u1])

    # dC/db1[u1] = Σ_s dC/dz1[s,u1]
    for u1 in range(64):
        db1_sum[u1] = 0.0
    for begin in range(0, n, 256):
        stop = min(begin + 256, n)
        for u1 in range(64):
            db1[u1] = f32(0.0)
        for s in range(begin, stop):
            for u1 in range(64):
                db1[u1] += dz1[s, u1]
        for u1 in range(64):
            db1_sum[u1] += db1[u1]
    for u1 in range(64):
        db1[u1] = f32(db1_sum[u1])
    return C


@njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"}, cache=True)
def train_kernel(x, y, batch, epochs, t, gamma, beta_1, beta_2, epsilon, T, N, kappa_min, W1, b1, W2, b2, m_W1, m_b1, m_W2, m_b2, v_W1, v_b1, v_W2, v_b2, costs, dW2, db2, dW1, db1, z1, a1, z2, m2, d2, e2, t2, sum1, sum2, lnt2, a2, dz2, da1, dz1, W2_transposed):
    """Train 64 → 64 relu → 10 softmax, cost categorical_cross_entropy, by adam.

    reads: x[n, 64], y[n, 10], batch, epochs, t, gamma, beta_1, beta_2, epsilon, T, N, kappa_min
    fills: W1[64, 64], b1[64], W2[64, 10], b2[10], m_W1[64, 64] = m of W1, m_b1[64] = m of b1,
        m_W2[64, 10] = m of W2, m_b2[10] = m of b2, v_W1[64, 64] = v of W1, v_b1[64] = v of b1,
        v_W2[64, 10] = v of W2, v_b2[10] = v of b2, costs[epochs] (float64)
    works in: dW2[64, 10] = dC/dW2, db2[10] = dC/db2, dW1[64, 64] = dC/dW1, db1[64] = dC/db1,
        z1[64, 64], a1[64, 64], z2[64, 10], m2[64], d2[64, 10], e2[64, 10], t2[64], sum1[64],
        sum2[64], lnt2[64], a2[64, 10], dz2[64, 10] = dC/dz2, da1[64, 64] = dC/da1,
        dz1[64, 64] = dC/dz1, W2_transposed[10, 64] = W2 transposed
    returns: t
    """
    if x.shape[1] != 64:
        raise ValueError("x has another number of columns than 64")
    if y.shape[1] != 10:
        raise ValueError("y has another number of columns than 10")
    if W1.shape[1] != 64:
        raise ValueError("W1 has another number of columns than 64")
    if W2.shape[1] != 10:
        raise ValueError("W2 has another number of columns than 10")
    if m_W1.shape[1] != 64:
        raise ValueError("m_W1 has another number of columns than 64")
    if m_W2.shape[1] != 10:
        raise ValueError("m_W2 has another number of columns than 10")
    if v_W1.shape[1] != 64:
        raise ValueError("v_W1 has another number of columns than 64")
    if v_W2.shape[1] != 10:
        raise ValueError("v_W2 has another number of columns than 10")
    if dW2.shape[1] != 10:
        raise ValueError("dW2 has another number of columns than 10")
    if dW1.shape[1] != 64:
        raise ValueError("dW1 has another number of columns than 64")
    if z1.shape[1] != 64:
        raise ValueError("z1 has another number of columns than 64")
    if a1.shape[1] != 64:
        raise ValueError("a1 has another number of columns than 64")
    if z2.shape[1] != 10:
        raise ValueError("z2 has another number of columns than 10")
    if d2.shape[1] != 10:
        raise ValueError("d2 has another number of columns than 10")
    if e2.shape[1] != 10:
        raise ValueError("e2 has another number of columns than 10")
    if a2.shape[1] != 10:
        raise ValueError("a2 has another number of columns than 10")
    if dz2.shape[1] != 10:
        raise ValueError("dz2 has another number of columns than 10")
    if da1.shape[1] != 64:
        raise ValueError("da1 has another number of columns than 64")
    if dz1.shape[1] != 64:
        raise ValueError("dz1 has another number of columns than 64")
    if W2_transposed.shape[1] != 64:
        raise ValueError("W2_transposed has another number of columns than 64")
    before = promise()
    n = x.shape[0]
    W1_all = W1.reshape(W1.size)
    dW1_all = dW1.reshape(dW1.size)
    m_W1_all = m_W1.reshape(m_W1.size)
    v_W1_all = v_W1.reshape(v_W1.size)
    W2_all = W2.reshape(W2.size)
    dW2_all = dW2.reshape(dW2.size)
    m_W2_all = m_W2.reshape(m_W2.size)
    v_W2_all = v_W2.reshape(v_W2.size)
    a1_all = a1.reshape(a1.size)
    z1_all = z1.reshape(z1.size)
    dz1_all = dz1.reshape(dz1.size)
    da1_all = da1.reshape(da1.size)
    for epoch in range(epochs):
        for start in range(0, n, batch):
            stop = min(start + batch, n)
            t = t + 1.0
            size = stop - start
            k = math.floor((t - 1.0) / N)
            kappa = kappa_min + 0.5 * (1.0 - kappa_min) * (math.cos(math.pi * np.minimum(T, k) / T) + 1.0)
            gamma_t = gamma * kappa
            beta_1_32 = f32(beta_1)
            factor = 1.0 - beta_1
            factor_32 = f32(factor)
            beta_2_32 = f32(beta_2)
            factor_ = 1.0 - beta_2
            factor__32 = f32(factor_)
            factor_2 = 1.0 / (1.0 - beta_1 ** t)
            factor_2_32 = f32(factor_2)
            factor_3 = 1.0 / (1.0 - beta_2 ** t)
            factor_3_32 = f32(factor_3)
            gamma_t_32 = f32(gamma_t)
            epsilon_32 = f32(epsilon)
            for u2 in range(10):
                for u1 in range(64):
                    W2_transposed[u2, u1] = W2[u1, u2]
            sum3 = f32(0.0)
            for u2 in range(10):
                db2[u2] = f32(0.0)
            for u1 in range(64):
                db1[u1] = f32(0.0)
            for tile in range(start, stop, 64):
                end = min(tile + 64, stop)
                rows = end - tile
                x_tile = x[tile:end]
                y_tile = y[tile:end]

                # z1[s,u1] = Σ_u0 W1[u0,u1]·x[s,u0] + b1[u1]
                multiply(x_tile, W1, z1[:rows], 64, b1, f32(1.0), f32(1.0))

                # a1[s,u1] = relu(z1[s,u1])
                for i in range(rows * 64):
                    z1_ = z1_all[i]
                    a1_all[i] = f32(0.0) if z1_ <= f32(0.0) else z1_

                # z2[s,u2] = Σ_u1 W2[u1,u2]·a1[s,u1] + b2[u2]
                multiply(a1[:rows], W2, z2[:rows], 10, b2, f32(1.0), f32(1.0))

                # m2[s] = max_u2' z2[s,u2']
                for s in range(rows):
                    largest = -f32(math.inf)
                    for u2_ in range(10):
                        largest = max(largest, z2[s, u2_])
                    m2[s] = largest

                # d2[s,u2] = z2[s,u2] − m2[s]
                # e2[s,u2] = exp(d2[s,u2])
                for first in range(0, rows // 4 * 4, 4):
                    m2_1 = m2[first]
                    m2_2 = m2[first + 1]
                    m2_3 = m2[first + 2]
                    m2_4 = m2[first + 3]
                    for u2 in range(10):
                        d2[first, u2] = minus(z2[first, u2], m2_1)
                        d2[first + 1, u2] = minus(z2[first + 1, u2], m2_2)
                        d2[first + 2, u2] = minus(z2[first + 2, u2], m2_3)
                        d2[first + 3, u2] = minus(z2[first + 3, u2], m2_4)
                        e2[first, u2] = exp(d2[first, u2])
                        e2[first + 1, u2] = exp(d2[first + 1, u2])
                        e2[first + 2, u2] = exp(d2[first + 2, u2])
                        e2[first + 3, u2] = exp(d2[first + 3, u2])
                for s in range(rows // 4 * 4, rows):
                    m2_ = m2[s]
                    for u2 in range(10):
                        d2[s, u2] = minus(z2[s, u2], m2_)
                        e2[s, u2] = exp(d2[s, u2])

                # t2[s] = Σ_u2' e2[s,u2']
                for first in range(0, rows // 4 * 4, 4):
                    total = f32(0.0)
                    total_ = f32(0.0)
                    total_2 = f32(0.0)
                    total_3 = f32(0.0)
                    for u2_ in range(10):
                        total += e2[first, u2_]
                        total_ += e2[first + 1, u2_]
                        total_2 += e2[first + 2, u2_]
                        total_3 += e2[first + 3, u2_]
                    t2[first] = total
                    t2[first + 1] = total_
                    t2[first + 2] = total_2
                    t2[first + 3] = total_3
                for s in range(rows // 4 * 4, rows):
                    total = f32(0.0)
                    for u2_ in range(10):
                        total += e2[s, u2_]
                    t2[s] = total

                # a2[s,u2] = e2[s,u2]/t2[s]
                # dC/dz2[s,u2] = (a2[s,u2] − y[s,u2])/n
                for first in range(0, rows // 4 * 4, 4):
                    t2_inverse = f32(1.0) / t2[first]
                    t2_inverse_ = f32(1.0) / t2[first + 1]
                    t2_inverse_2 = f32(1.0) / t2[first + 2]
                    t2_inverse_3 = f32(1.0) / t2[first + 3]
                    for u2 in range(10):
                        a2[first, u2] = e2[first, u2] * t2_inverse
                        a2[first + 1, u2] = e2[first + 1, u2] * t2_inverse_
                        a2[first + 2, u2] = e2[first + 2, u2] * t2_inverse_2
                        a2[first + 3, u2] = e2[first + 3, u2] * t2_inverse_3
                        dz2[first, u2] = (a2[first, u2] - y_tile[first, u2]) / f32(size)
                        dz2[first + 1, u2] = (a2[first + 1, u2] - y_tile[first + 1, u2]) / f32(size)
                        dz2[first + 2, u2] = (a2[first + 2, u2] - y_tile[first + 2, u2]) / f32(size)
                        dz2[first + 3, u2] = (a2[first + 3, u2] - y_tile[first + 3, u2]) / f32(size)
                for s in range(rows // 4 * 4, rows):
                    t2_inverse = f32(1.0) / t2[s]
                    for u2 in range(10):
                        a2[s, u2] = e2[s, u2] * t2_inverse
                        dz2[s, u2] = (a2[s, u2] - y_tile[s, u2]) / f32(size)

                # dC/da1[s,u1] = Σ_u2 dC/dz2[s,u2]·W2[u1,u2]
                multiply(dz2[:rows], W2_transposed, da1[:rows], 64, None, f32(1.0), f32(1.0))

                # dC/dz1[s,u1] = dC/da1[s,u1]·relu′(z1[s,u1])
                for i in range(rows * 64):
                    dz1_all[i] = da1_all[i] * (f32(1.0) if z1_all[i] > f32(0.0) else f32(0.0))

                # dC/dW2[u1,u2] = Σ_s a1[s,u1]·dC/dz2[s,u2]
                if tile == start:
                    multiply(a1[:rows].T, dz2[:rows], dW2, 10, None, f32(1.0), f32(1.0))
                if tile != start:
                    multiply(a1[:rows].T, dz2[:rows], dW2, 10, dW2, f32(1.0), f32(1.0))

                # dC/db2[u2] = Σ_s dC/dz2[s,u2]
                for first in range(0, rows // 8 * 8, 8):
                    for u2 in range(10):
                        db2[u2] += dz2[first, u2] + dz2[first + 1, u2] + dz2[first + 2, u2] + dz2[first + 3, u2] + dz2[first + 4, u2] + dz2[first + 5, u2] + dz2[first + 6, u2] + dz2[first + 7, u2]
                for s in range(rows // 8 * 8, rows):
                    for u2 in range(10):
                        db2[u2] += dz2[s, u2]

                # dC/dW1[u0,u1] = Σ_s x[s,u0]·dC/dz1[s,u1]
                if tile == start:
                    multiply(x_tile.T, dz1[:rows], dW1, 64, None, f32(1.0), f32(1.0))
                if tile != start:
                    multiply(x_tile.T, dz1[:rows], dW1, 64, dW1, f32(1.0), f32(1.0))

                # dC/db1[u1] = Σ_s dC/dz1[s,u1]
                for first in range(0, rows // 8 * 8, 8):
                    for u1 in range(64):
                        db1[u1] += dz1[first, u1] + dz1[first + 1, u1] + dz1[first + 2, u1] + dz1[first + 3, u1] + dz1[first + 4, u1] + dz1[first + 5, u1] + dz1[first + 6, u1] + dz1[first + 7, u1]
                for s in range(rows // 8 * 8, rows):
                    for u1 in range(64):
                        db1[u1] += dz1[s, u1]
                if stop == n:

                    # sum1[s] = Σ_u2' (1 if e2[s,u2'] >= 1 else 0)
                    for first in range(0, rows // 4 * 4, 4):
                        total = f32(0.0)
                        total_ = f32(0.0)
                        total_2 = f32(0.0)
                        total_3 = f32(0.0)
                        for u2_ in range(10):
                            total += f32(1.0) if e2[first, u2_] >= f32(1.0) else f32(0.0)
                            total_ += f32(1.0) if e2[first + 1, u2_] >= f32(1.0) else f32(0.0)
                            total_2 += f32(1.0) if e2[first + 2, u2_] >= f32(1.0) else f32(0.0)
                            total_3 += f32(1.0) if e2[first + 3, u2_] >= f32(1.0) else f32(0.0)
                        sum1[first] = total
                        sum1[first + 1] = total_
                        sum1[first + 2] = total_2
                        sum1[first + 3] = total_3
                    for s in range(rows // 4 * 4, rows):
                        total = f32(0.0)
                        for u2_ in range(10):
                            total += f32(1.0) if e2[s, u2_] >= f32(1.0) else f32(0.0)
                        sum1[s] = total

                    # sum2[s] = Σ_u2' (0 if e2[s,u2'] >= 1 else e2[s,u2'])
                    for first in range(0, rows // 4 * 4, 4):
                        total = f32(0.0)
                        total_ = f32(0.0)
                        total_2 = f32(0.0)
                        total_3 = f32(0.0)
                        for u2_ in range(10):
                            e2_ = e2[first, u2_]
                            total += f32(0.0) if e2_ >= f32(1.0) else e2_
                            e2__ = e2[first + 1, u2_]
                            total_ += f32(0.0) if e2__ >= f32(1.0) else e2__
                            e2__2 = e2[first + 2, u2_]
                            total_2 += f32(0.0) if e2__2 >= f32(1.0) else e2__2
                            e2__3 = e2[first + 3, u2_]
                            total_3 += f32(0.0) if e2__3 >= f32(1.0) else e2__3
                        sum2[first] = total
                        sum2[first + 1] = total_
                        sum2[first + 2] = total_2
                        sum2[first + 3] = total_3
                    for s in range(rows // 4 * 4, rows):
                        total = f32(0.0)
                        for u2_ in range(10):
                            e2_ = e2[s, u2_]
                            total += f32(0.0) if e2_ >= f32(1.0) else e2_
                        sum2[s] = total

                    # lnt2[s] = log1p(sum1[s] − 1 + sum2[s])
                    for s in range(rows):
                        lnt2[s] = log1p(minus(sum1[s], f32(1.0)) + sum2[s])

                    # sum3 = Σ_s Σ_u2 y[s,u2]·(d2[s,u2] − lnt2[s])
                    total = f32(0.0)
                    for s in range(rows):
                        lnt2_ = lnt2[s]
                        for u2 in range(10):
                            total += y_tile[s, u2] * (d2[s, u2] - lnt2_)
                    sum3 += total
            if stop == n:

                # C = −sum3/n
                C = -sum3 / f32(size)
            if stop == n:
                costs[epoch] = C

            # adam: W1
            for i in range(4096):
                m_W1_all[i] = beta_1_32 * m_W1_all[i] + factor_32 * dW1_all[i]
                v_W1_all[i] = beta_2_32 * v_W1_all[i] + factor__32 * dW1_all[i] ** 2
                m_hat = factor_2_32 * m_W1_all[i]
                v_hat = factor_3_32 * v_W1_all[i]
                W1_all[i] = -gamma_t_32 * m_hat / (epsilon_32 + math.sqrt(v_hat)) + W1_all[i]

            # adam: b1
            for i in range(64):
                m_b1[i] = beta_1_32 * m_b1[i] + factor_32 * db1[i]
                v_b1[i] = beta_2_32 * v_b1[i] + factor__32 * db1[i] ** 2
                m_hat = factor_2_32 * m_b1[i]
                v_hat = factor_3_32 * v_b1[i]
                b1[i] = -gamma_t_32 * m_hat / (epsilon_32 + math.sqrt(v_hat)) + b1[i]

            # adam: W2
            for i in range(640):
                m_W2_all[i] = beta_1_32 * m_W2_all[i] + factor_32 * dW2_all[i]
                v_W2_all[i] = beta_2_32 * v_W2_all[i] + factor__32 * dW2_all[i] ** 2
                m_hat = factor_2_32 * m_W2_all[i]
                v_hat = factor_3_32 * v_W2_all[i]
                W2_all[i] = -gamma_t_32 * m_hat / (epsilon_32 + math.sqrt(v_hat)) + W2_all[i]

            # adam: b2
            for i in range(10):
                m_b2[i] = beta_1_32 * m_b2[i] + factor_32 * db2[i]
                v_b2[i] = beta_2_32 * v_b2[i] + factor__32 * db2[i] ** 2
                m_hat = factor_2_32 * m_b2[i]
                v_hat = factor_3_32 * v_b2[i]
                b2[i] = -gamma_t_32 * m_hat / (epsilon_32 + math.sqrt(v_hat)) + b2[i]
    restore(before)
    return t


moments_kernel = None


NETWORK = {'name': '64 → 64 relu → 10 softmax, cost categorical_cross_entropy',
 'inputs': 64,
 'outputs': 10,
 'dtype': 'float32',
 'targets': 'probability',
 'classes': 'one-hot',
 'unit_sum': True,
 'prediction': 'a2',
 'parameters': {'W1': (64, 64), 'b1': (64,), 'W2': (64, 10), 'b2': (10,)},
 'fans': {'W1': (64, 64), 'b1': (), 'W2': (64, 10), 'b2': ()},
 'constants': {'gamma': 0.001,
               'beta_1': 0.9,
               'beta_2': 0.999,
               'epsilon': 1e-08,
               'T': 100.0,
               'N': 10.0,
               'kappa_min': 0.0},
 'states': {'m': 0.0, 'v': 0.0},
 'schedule': 'epoch',
 'rows': True,
 'workspace': [(64, 10),
               (10,),
               (64, 64),
               (64,),
               (64, 64),
               (64, 64),
               (64, 10),
               (64,),
               (64, 10),
               (64, 10),
               (64,),
               (64,),
               (64,),
               (64,),
               (64, 10),
               (64, 10),
               (64, 64),
               (64, 64),
               (10, 64)],
 'moments': None,
 'kernels': {'forward': {'inputs': ['x', 'W1', 'b1', 'W2', 'b2'],
                         'arrays': [('a2', ['n', 10], False),
                                    ('z1', ['n', 64], False),
                                    ('a1', ['n', 64], False),
                                    ('z2', ['n', 10], False),
                                    ('m2', ['n'], False),
                                    ('d2', ['n', 10], False),
                                    ('e2', ['n', 10], False),
                                    ('t2', ['n'], False)],
                         'returns': []},
             'cost': {'inputs': ['x', 'y', 'W1', 'b1', 'W2', 'b2'],
                      'arrays': [('z1', ['n', 64], False),
                                 ('a1', ['n', 64], False),
                                 ('z2', ['n', 10], False),
                                 ('m2', ['n'], False),
                                 ('d2', ['n', 10], False),
                                 ('e2', ['n', 10], False),
                                 ('sum1', ['n'], False),
                                 ('sum2', ['n'], False),
                                 ('lnt2', ['n'], False)],
                      'returns': ['C']},
             'gradient': {'inputs': ['x', 'y', 'W1', 'b1', 'W2', 'b2'],
                          'arrays': [('dC/dW1', [64, 64], False),
                                     ('dC/db1', [64], False),
                                     ('dC/dW2', [64, 10], False),
                                     ('dC/db2', [10], False),
                                     ('z1', ['n', 64], False),
                                     ('a1', ['n', 64], False),
                                     ('z2', ['n', 10], False),
                                     ('m2', ['n'], False),
                                     ('d2', ['n', 10], False),
                                     ('e2', ['n', 10], False),
                                     ('t2', ['n'], False),
                                     ('sum1', ['n'], False),
                                     ('sum2', ['n'], False),
                                     ('lnt2', ['n'], False),
                                     ('a2', ['n', 10], False),
                                     ('dC/dz2', ['n', 10], False),
                                     ('W2 transposed', [10, 64], False),
                                     ('dC/da1', ['n', 64], False),
                                     ('dC/dz1', ['n', 64], False),
                                     ('dC/dW2_sum', [64, 10], True),
                                     ('dC/db2_sum', [10], True),
                                     ('dC/dW1_sum', [64, 64], True),
                                     ('dC/db1_sum', [64], True)],
                          'returns': ['C']}},
 'example': 'python trainer.py fit data.csv --target y, where data.csv begins with a line x_1, x_2, x_3, …, '
            'y'}


DTYPE = np.dtype(NETWORK["dtype"]) if NETWORK else np.dtype("float64")
GATHERED = 16_000_000
"""Bytes of samples that are put in order at a time."""
BLOCK, BUFFER = 4096, 16
"""A memory map is read in blocks of so many samples; so many blocks are shuffled together."""
JUDGED = 100_000
"""The cost of a memory map is that of so many of its first samples."""
PIECE = 16_384
"""Predictions are made for so many samples at a time: what is computed between has room in memory."""


class Model:
    """Fitted parameters by name, and what is needed to predict with them or to go on."""

    def __init__(self, parameters, **known):
        self.parameters = parameters
        self.states = known.get("states", {})
        self.epoch = known.get("epoch", 0)
        self.steps = known.get("steps", 0)
        self.seed = known.get("seed", 0)
        self.costs = list(known.get("costs", ()))
        self.validation_costs = list(known.get("validation_costs", ()))
        self.best = known.get("best")
        self.kept = known.get("kept", parameters)
        self.table = known.get("table", {})
        self.options = known.get("options", {})


def fit(
    X,
    y,
    epochs=100,
    batch_size=None,
    seed=0,
    initial=None,
    validation=0.0,
    patience=None,
    checkpoint=None,
    resume=False,
    report=None,
    table=None,
    **constants,
):
    """Train on samples X (n × inputs) and targets y (n, or n × outputs); returns a Model.

    ``batch_size`` None takes all samples in a step; batches are shuffled anew each epoch by the seed.  ``constants``
    are those of the update rule: fit(X, y, gamma=0.01).  ``validation`` is a share of the samples to hold out;
    ``patience`` ends training when their cost has not fallen for so many epochs, and the best epoch is kept.
    ``checkpoint`` is a file that is written after every epoch, whole or not at all; with ``resume`` training goes on
    from there, to the very numbers that it would have reached.  X and y may be memory maps larger than memory: they
    are read in blocks, which are shuffled, and samples are shuffled within some blocks.  Ctrl-C ends training and
    keeps what is best so far.

    Raises TrainerError for data and options that do not fit.
    """
    X, y = _samples(X), _targets(y)
    if len(X) != len(y):
        raise TrainerError(f"X has {len(X)} samples and y has {len(y)}; give one target for each sample")
    epochs = _whole(epochs, "epochs", 1)
    seed = _whole(seed, "seed", 0)
    unknown = [name for name in constants if name not in NETWORK["constants"]]
    if unknown:
        raise TrainerError(f"unknown constant {unknown[0]}; this rule has {', '.join(NETWORK['constants'])}")
    X, y, X_held, y_held = _split(X, y, validation, seed, patience)
    n = len(X)
    batch = n if batch_size is None else _whole(batch_size, "batch_size", 1)
    batch = min(batch, n)
    steps = -(-n // batch)
    values = {**NETWORK["constants"], **{name: float(value) for name, value in constants.items()}}
    if "T" in values:
        values["T"] = float(epochs * (steps if NETWORK["schedule"] == "step" else 1))
    if "N" in values:
        values["N"] = float(steps)
    options = {"batch": batch, "samples": n, "seed": seed, "constants": values, "validation": float(validation)}
    if resume and checkpoint is not None and os.path.exists(checkpoint):
        model = load(checkpoint)
        if json.loads(json.dumps(options)) != model.options:
            raise TrainerError(
                f"{checkpoint} is of a training with other data or options; give the same, or another file"
            )
    else:
        model = Model(_starting(seed) if initial is None else _given(initial), seed=seed, table=table or {})
        model.states = {
            state: {name: np.full(np.shape(v), begin, DTYPE) for name, v in model.parameters.items()}
            for state, begin in NETWORK["states"].items()
        }
        model.options = options
        model.costs = [cost(X[:JUDGED], y[:JUDGED], model.parameters)]
        model.kept = model.parameters
        if X_held is not None:
            model.validation_costs = [cost(X_held, y_held, model.parameters)]
    run = _Running(model, values)
    try:
        while model.epoch < epochs:
            run.epoch(X, y, batch, model.epoch + 1, seed)
            now = run.parameters()
            reached = cost(X[:JUDGED], y[:JUDGED], now)
            if not (math.isfinite(reached) and all(np.isfinite(v).all() for v in now.values())):
                raise TrainerError(
                    f"the cost left the finite numbers in epoch {model.epoch + 1}; give a smaller gamma, or bring the "
                    "features to mean 0 and deviation 1"
                )
            model.parameters, model.states, model.steps = now, run.states(), run.steps
            model.epoch += 1
            model.costs.append(reached)
            better = True
            if X_held is not None:
                model.validation_costs.append(cost(X_held, y_held, now))
                better = model.validation_costs[-1] < min(model.validation_costs[:-1])
            if better:
                model.kept, model.best = now, model.epoch
            if checkpoint is not None:
                save(model, checkpoint)
            if report is not None:
                report(model)
            if patience is not None and model.epoch - (model.best or 0) >= patience:
                break
    except KeyboardInterrupt:
        kept = f"the parameters of epoch {model.best or 0} are kept"
        print(f"\ninterrupted in epoch {model.epoch + 1}; {kept}", file=sys.stderr)
    if X_held is None:
        model.kept = model.parameters
    return model


class _Running:
    """The arrays that the kernel changes in place."""

    def __init__(self, model, values):
        self.steps = model.steps
        self.held = {name: np.array(v, DTYPE, ndmin=1) for name, v in model.parameters.items()}
        self.kept = {s: {k: np.array(v, DTYPE, ndmin=1) for k, v in d.items()} for s, d in model.states.items()}
        self.work = [np.empty(shape, DTYPE) for shape in NETWORK["workspace"]]
        self.moments = [np.empty(shape, DTYPE) for shape in NETWORK["moments"] or ()]
        self.values = list(values.values())

    def epoch(self, X, y, batch, epoch, seed):
        """Every sample once."""
        if batch >= len(X) and not isinstance(X, np.memmap):
            self._run(X, y, batch, True)
            return
        if isinstance(X, np.memmap):
            for part in _blocks(len(X), batch, epoch, seed):
                self._run(X[part], y[part], batch, False)
                _release(X)
                _release(y)
            return
        order = np.random.default_rng((seed, epoch)).permutation(len(X))
        some = max(1, GATHERED // (X.itemsize * max(1, X.size // len(X)) * batch)) * batch
        for first in range(0, len(X), some):
            part = order[first : first + some]
            self._run(X[part], y[part], batch, False)

    def _run(self, X, y, batch, whole):
        x, t = (np.ascontiguousarray(a if NETWORK["rows"] else a.T, DTYPE) for a in (X, y))
        arrays = list(self.held.values()) + [a for d in self.kept.values() for a in d.values()]
        kernel, work = train_kernel, self.work
        if whole and moments_kernel is not None:
            kernel, work = moments_kernel, self.moments
        kernel(x, t, batch, 1, float(self.steps), *self.values, *arrays, np.empty(1), *work)
        self.steps += -(-len(X) // batch)

    def parameters(self):
        """A copy of the parameters as they are."""
        return {name: v.reshape(NETWORK["parameters"][name]).copy() for name, v in self.held.items()}

    def states(self):
        """A copy of what the rule remembers."""
        shapes = NETWORK["parameters"]
        return {s: {name: v.reshape(shapes[name]).copy() for name, v in d.items()} for s, d in self.kept.items()}


def _release(array):
    """Give the memory back in which the system holds what was read of a memory map."""
    held = getattr(array, "_mmap", None)
    if held is not None and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)


def _blocks(n, batch, epoch, seed):
    """Rows of a memory map, some whole batches at a time: blocks in random order, samples shuffled within a buffer."""
    rng = np.random.default_rng((seed, epoch))
    starts = rng.permutation(-(-n // BLOCK)) * BLOCK
    held = np.empty(0, np.intp)
    for first in range(0, len(starts), BUFFER):
        rows = [np.arange(s, min(s + BLOCK, n)) for s in starts[first : first + BUFFER]]
        held = np.concatenate([held, rng.permutation(np.concatenate(rows))])
        whole = len(held) // batch * batch if first + BUFFER < len(starts) else len(held)
        some = max(1, BLOCK // batch) * batch
        for at in range(0, whole, some):
            yield held[at : min(at + some, whole)]
        held = held[whole:]


class TrainerError(ValueError):
    """What was given cannot be used; the message says why and how to mend it."""


def predict(X, parameters):
    """ŷ for X (n × inputs): (n,) for one output, else n × outputs."""
    X = _samples(X)
    parts = (_kernel(forward_kernel, "forward", {"x": X[k : k + PIECE]}, parameters) for k in range(0, len(X), PIECE))
    return np.concatenate([part[NETWORK["prediction"]] for part in parts])


def cost(X, y, parameters):
    """The cost of all samples together."""
    return float(_kernel(cost_kernel, "cost", _pair(X, y), parameters)["C"])


def gradient(X, y, parameters):
    """The cost and its partial derivatives by every parameter, by name."""
    out = _kernel(gradient_kernel, "gradient", _pair(X, y), parameters)
    return float(out["C"]), {name: out[f"dC/d{name}"] for name in NETWORK["parameters"]}


def _pair(X, y):
    X, y = _samples(X), _targets(y)
    if len(X) != len(y):
        raise TrainerError(f"X has {len(X)} samples and y has {len(y)}; give one target for each sample")
    return {"x": X, "y": y}


def _kernel(kernel, name, data, parameters):
    shape = NETWORK["kernels"][name]
    lengths = {"n": len(data["x"])}
    known = {**data, **_given(parameters)}
    inputs = [np.require(known[q], DTYPE, "CW") if np.ndim(known[q]) else DTYPE.type(known[q]) for q in shape["inputs"]]
    made = [
        np.empty([lengths.get(k, k) for k in lengths_of], np.float64 if double else DTYPE)
        for _, lengths_of, double in shape["arrays"]
    ]
    returned = kernel(*inputs, *made)
    numbers = () if returned is None else returned if len(shape["returns"]) > 1 else (returned,)
    out = {quantity: array for (quantity, _, _), array in zip(shape["arrays"], made, strict=True)}
    return {**out, **dict(zip(shape["returns"], numbers, strict=True))}


def _starting(seed):
    """Xavier's uniform weights (Glorot & Bengio 2010, eq. 16), biases 0."""
    rng = np.random.default_rng(seed)
    out = {}
    for name, shape in NETWORK["parameters"].items():
        fans = NETWORK["fans"][name]
        bound = math.sqrt(6 / sum(fans)) if fans else 0.0
        out[name] = (rng.uniform(-bound, bound, shape) if fans else np.zeros(shape)).astype(DTYPE)
    return out


def _given(parameters):
    out = {}
    for name, shape in NETWORK["parameters"].items():
        if name not in parameters:
            raise TrainerError(f"parameter {name} is missing; give {', '.join(NETWORK['parameters'])}")
        out[name] = np.asarray(parameters[name], DTYPE)
        if out[name].shape != tuple(shape):
            raise TrainerError(f"parameter {name} has shape {out[name].shape}, the network expects {tuple(shape)}")
    return out


def _samples(X):
    return _array(X, "X", NETWORK["inputs"], "input")


def _targets(y):
    y = _array(y, "y", NETWORK["outputs"], "output")
    if NETWORK["targets"] == "probability" and not isinstance(y, np.memmap) and ((y < 0) | (y > 1)).any():
        raise TrainerError(f"y holds {y[(y < 0) | (y > 1)][0]:g}; this cost needs targets between 0 and 1")
    if NETWORK["unit_sum"] and not isinstance(y, np.memmap) and (np.abs(y.sum(axis=1) - 1) > 1e-6).any():
        row = int(np.argmax(np.abs(y.sum(axis=1) - 1) > 1e-6))
        raise TrainerError(f"the targets of sample {row + 1} do not sum to 1; give one-hot rows or probabilities")
    return y


def _array(given, name, width, kind):
    try:
        array = given if isinstance(given, np.memmap) else np.asarray(given, DTYPE)
    except (TypeError, ValueError):
        raise TrainerError(f"{name} is not an array of numbers; give one row for each sample") from None
    wide = f"{width} {kind}{'s' * (width > 1)}"
    if width == 1 and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != (1 if width == 1 else 2) or (width > 1 and array.shape[1] != width):
        raise TrainerError(f"{name} has shape {array.shape}, the network has {wide}; give n × {width}")
    if len(array) == 0:
        raise TrainerError(f"{name} has no samples; give at least one row")
    if not isinstance(array, np.memmap) and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise TrainerError(
            f"{name} holds a value that is not finite in sample {row + 1}; drop the sample or fill it in"
        )
    return array


def _whole(value, name, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise TrainerError(f"{name} is {value!r}; give a whole number of at least {least}")
    return int(value)


def _split(X, y, share, seed, patience):
    if not share:
        if patience is not None:
            raise TrainerError("patience needs samples that are held out; give validation a share, such as 0.2")
        return X, y, None, None
    held = round(share * len(X))
    if not 0 < share < 1 or not 0 < held < len(X):
        raise TrainerError(f"validation is {share}; give a share between 0 and 1 that leaves samples on both sides")
    if isinstance(X, np.memmap):
        return X[: len(X) - held], y[: len(y) - held], np.array(X[-held:]), np.array(y[-held:])
    order = np.random.default_rng(seed).permutation(len(X))
    return X[order[held:]], y[order[held:]], X[order[:held]], y[order[:held]]


def save(model, path):
    """Write a model or checkpoint, whole or not at all."""
    arrays = {f"parameter {k}": v for k, v in model.parameters.items()}
    arrays |= {f"kept {k}": v for k, v in model.kept.items()}
    arrays |= {f"state {s} {k}": v for s, d in model.states.items() for k, v in d.items()}
    known = {name: getattr(model, name) for name in ("epoch", "steps", "seed", "best", "table", "options")}
    known |= {"costs": model.costs, "validation_costs": model.validation_costs, "network": NETWORK["name"]}
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps(known)), **arrays)
    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getvalue())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise TrainerError(
            f"{path} cannot be written: {error.strerror}; give a file in a folder that is writable"
        ) from None


def load(path):
    """The model in a file that ``save`` wrote."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        known = json.loads(str(arrays.pop("about")))
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise TrainerError(f"{path} is not there; check the path") from None
        raise TrainerError(f"{path} cannot be read: {error}; check the path") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise TrainerError(f"{path} is damaged or no model; train again, or give another file") from None
    if known.pop("network", None) != NETWORK["name"]:
        raise TrainerError(f"{path} is a model of another network than {NETWORK['name']}")
    parts = {"parameter": {}, "kept": {}}
    states = {state: {} for state in NETWORK["states"]}
    for name, value in arrays.items():
        kind, *rest = name.split(" ")
        (states[rest[0]] if kind == "state" else parts[kind])[rest[-1]] = value
    return Model(_given(parts["parameter"]), kept=_given(parts["kept"]), states=states, **known)


def read_table(path, target=None, features=None, classes=None):
    """The columns of a CSV file with a header: X, y (None without a target), the features' names, and the classes."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainerError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}; check the file"
        ) from None
    if len(rows) < 2:
        raise TrainerError(f"{path} has no samples; expected a row of names and a row for each sample")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise TrainerError(f"{path}, line {number}: {len(row)} cells, the first line has {len(names)}")
    wanted = [] if target is None else [t.strip() for t in target.split(",")]
    for name in (*wanted, *(features or ())):
        if name not in names:
            raise TrainerError(f"{path} has no column {name!r}; its columns are {', '.join(names)}")
    features = list(features) if features else [name for name in names if name not in wanted]
    columns = {name: [row[names.index(name)].strip() for row in rows[1:]] for name in (*features, *wanted)}

    def numbers(name):
        out = []
        for number, cell in enumerate(columns[name], 2):
            try:
                out.append(float(cell))
            except ValueError:
                out.append(math.nan)
            if not math.isfinite(out[-1]):
                raise TrainerError(f"{path}, line {number}, column {name}: {cell!r} is not a finite number; fill it in")
        return out

    X = np.array([numbers(name) for name in features]).T
    if X.shape[1] != NETWORK["inputs"]:
        raise TrainerError(
            f"{path} gives {X.shape[1]} features ({', '.join(features)}), the network has {NETWORK['inputs']} inputs"
        )
    if not wanted:
        return X, None, features, classes
    if NETWORK["classes"] and len(wanted) == 1:
        y, classes = _coded(columns[wanted[0]], wanted[0], classes)
        return X, y, features, classes
    return X, np.array([numbers(name) for name in wanted]).T, features, None


def _coded(labels, name, classes):
    classes = classes or sorted(set(labels), key=lambda c: (0, float(c), c) if _is_number(c) else (1, 0.0, c))
    unknown = [label for label in labels if label not in classes]
    if unknown:
        raise TrainerError(f"column {name} holds {unknown[0]!r}; the classes are {', '.join(classes)}")
    units = NETWORK["outputs"]
    if len(classes) != max(2, units):
        raise TrainerError(f"column {name} holds {len(classes)} classes, the network tells {max(2, units)}")
    codes = np.array([classes.index(label) for label in labels])
    coded = np.eye(units)[codes] if units > 1 else codes.astype(float)
    return 2 * coded - 1 if NETWORK["classes"] == "signs" else coded, classes


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def main(arguments=None):
    """Run a command; returns 0 for done, 1 for checked and wrong, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description=f"A trainer of {NETWORK['name']}.", epilog=NETWORK["example"])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "fit", help="train on a CSV file, or on memory maps X.npy and y.npy", epilog=NETWORK["example"]
    )
    one.add_argument("data", help="data.csv, or X.npy")
    one.add_argument("--target", required=True, help="the column to predict (several: y1,y2), or y.npy")
    one.add_argument("--epochs", type=int, default=100)
    one.add_argument("--batch-size", type=int, help="samples a step; all by default")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--validation", type=float, default=0.0, help="the share of the samples to hold out")
    one.add_argument("--patience", type=int, help="stop when the validation cost has not fallen for so many epochs")
    one.add_argument("--as-is", action="store_true", help="do not bring features to mean 0 and deviation 1")
    one.add_argument("--checkpoint", help="a file to write after every epoch")
    one.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    one.add_argument("-o", "--output", help="write the model: model.npz")
    for name, value in NETWORK["constants"].items():
        if name not in ("T", "N"):
            one.add_argument(
                f"--{name.replace('_', '-')}", dest=f"constant {name}", type=float, default=value, help=f"({value:g})"
            )
    two = commands.add_parser("predict", help="predict for a CSV file or X.npy")
    two.add_argument("model")
    two.add_argument("data")
    two.add_argument("-o", "--output", help="a .csv or .npy file; standard output by default")
    three = commands.add_parser("check", help="the gradient against finite differences, at random numbers")
    three.add_argument("--seed", type=int, default=0)
    for command in (one, two):
        command.add_argument("--threads", type=int, help="of BLAS, for large layers; all cores by default")
    given = parser.parse_args(arguments)
    _limit(getattr(given, "threads", None), arguments)
    try:
        return {"fit": _fit, "predict": _predict, "check": _check}[given.command](given)
    except TrainerError as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return 2


def _limit(threads, arguments):
    """BLAS reads the number of its threads when it is loaded, so the program begins once more with that number."""
    name = "OPENBLAS_NUM_THREADS"
    if threads is None or arguments is not None or os.environ.get(name) == str(threads):
        return
    os.environ |= {name: str(threads), "MKL_NUM_THREADS": str(threads)}
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])


def _fit(given):
    table = {}
    if given.data.endswith(".npy"):
        X, y = _mapped(given.data), _mapped(given.target)
    else:
        X, y, features, classes = read_table(given.data, given.target)
        mean, scale = X.mean(axis=0), X.std(axis=0)
        constant = [name for name, s in zip(features, scale, strict=True) if s == 0]
        if constant and not given.as_is:
            print(f"column {constant[0]} is constant: it tells nothing", file=sys.stderr)
        if given.as_is:
            mean, scale = np.zeros_like(mean), np.ones_like(scale)
        scale = np.where(scale == 0, 1.0, scale)
        X = (X - mean) / scale
        table = {"features": features, "classes": classes, "mean": mean.tolist(), "scale": scale.tolist()}
    begun = time.perf_counter()

    def report(model):
        held = f", held out {model.validation_costs[-1]:.6g}" if model.validation_costs else ""
        end = "\n" if model.epoch == given.epochs else ""
        print(f"\repoch {model.epoch} of {given.epochs}: cost {model.costs[-1]:.6g}{held}   ", end=end, file=sys.stderr)

    constants = {k.removeprefix("constant "): v for k, v in vars(given).items() if k.startswith("constant ")}
    model = fit(
        X,
        y,
        given.epochs,
        given.batch_size,
        given.seed,
        validation=given.validation,
        patience=given.patience,
        checkpoint=given.checkpoint,
        resume=given.resume,
        report=report if sys.stderr.isatty() else None,
        table=table,
        **constants,
    )
    seconds = time.perf_counter() - begun
    print(f"cost {model.costs[0]:.6g} -> {model.costs[-1]:.6g} in {model.epoch} epochs, {seconds:.2f} s")
    if NETWORK["classes"]:
        right = _classes(predict(X[:JUDGED], model.kept)) == _classes(np.asarray(y[:JUDGED], float))
        print(f"{100 * right.mean():.2f} % of the samples are told right")
    if given.output:
        save(model, given.output)
        print(f"written: {given.output}")
    return 0


def _mapped(path):
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise TrainerError(f"{path} cannot be read as an array: {error}; give a .npy file that np.save wrote") from None


def _classes(values):
    if values.ndim == 2:
        return values.argmax(axis=1)
    return (values >= (0.0 if NETWORK["classes"] == "signs" else 0.5)).astype(int)


def _predict(given):
    model = load(given.model)
    table = model.table
    if given.data.endswith(".npy"):
        X = _mapped(given.data)
    else:
        X, *_ = read_table(given.data, features=table.get("features"))
    if table:
        X = (X - np.array(table["mean"])) / np.array(table["scale"])
    out = predict(X, model.kept)
    names = table.get("classes")
    shown = [names[k] for k in _classes(out)] if names else None
    if given.output and given.output.endswith(".npy"):
        np.save(given.output, out)
        return 0
    lines = shown or [",".join(f"{v:.9g}" for v in np.atleast_1d(row)) for row in out]
    text = "\n".join(["prediction", *lines]) + "\n"
    if not given.output:
        sys.stdout.write(text)
        return 0
    try:
        with open(given.output, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise TrainerError(f"{given.output} cannot be written: {error.strerror}; give another file") from None
    return 0


def _check(given):
    rng = np.random.default_rng(given.seed)
    n = 5
    X = rng.normal(size=(n, NETWORK["inputs"]))
    y = rng.uniform(0.1, 0.9, (n, NETWORK["outputs"]))
    y = y / y.sum(axis=1, keepdims=True) if NETWORK["unit_sum"] else y
    parameters = {name: rng.normal(size=shape) * 0.5 for name, shape in NETWORK["parameters"].items()}
    _, slopes = gradient(X, y, parameters)
    step, bound = (1e-3, 1e-7) if np.float64 == DTYPE else (2e-2, 2e-3)
    at, worst, kinks = cost(X, y, parameters), 0.0, 0
    for name, value in parameters.items():
        for index in np.ndindex(np.shape(value)):
            sides = {}
            for distance in (step, -step, step / 2, -step / 2):
                there = {k: np.array(v) for k, v in parameters.items()}
                there[name][index] += distance
                sides[distance] = (cost(X, y, there) - at) / distance
            wide, narrow = (sides[h] + sides[-h] for h in (step, step / 2))
            bent, less = (sides[h] - sides[-h] for h in (step, step / 2))
            difference = (4 * narrow - wide) / 6  # Richardson: the error is of the fourth order
            slope = float(np.asarray(slopes[name])[index])
            error = abs(difference - slope) / max(1.0, abs(difference))
            if error > bound and max(abs(bent - 2 * less), abs(narrow - wide) / 2) > bound:
                kinks += 1  # it bends at a point, not evenly: a kink lies between
                continue
            worst = max(worst, error)
            if error > bound:
                print(f"{name}{list(index)}: {slope:.8g}, by differences {difference:.8g}")
    verdict = "right" if worst <= bound else "WRONG"
    print(f"gradient against central differences: worst relative error {worst:.1e}: {verdict}")
    if kinks:
        print(f"{kinks} elements beside a kink of the cost were not judged; --seed gives other numbers")
    return 0 if worst <= bound else 1


if __name__ == "__main__" and NETWORK:
    sys.exit(main())
