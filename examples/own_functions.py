"""One's own activation and cost are sympy expressions, derived and compiled like the built-in ones.

Run: python examples/own_functions.py
"""

import sympy as sp

import symnet as sn

x, y, yhat = sp.symbols("x y yhat", real=True)

bump = sn.activation(x * sp.exp(-(x**2)))
squared_log = sn.cost(sp.log(1 + (yhat - y) ** 2))
net = sn.Network(sn.Input(2), sn.Dense(3, bump), sn.Dense(1), cost=squared_log)

print(net.derive().text(view="index"))
print(net.derive().text(view="matrix", notation="d2l", steps=False))
