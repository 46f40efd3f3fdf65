"""The same gradient in four notations.  Run: python examples/notations.py"""

import symnet as sn

net = sn.Network("3 -> 4 tanh -> 3 softmax", cost="categorical_cross_entropy")
for name in sn.NOTATIONS:
    print(f"— {name}\n")
    print(net.derive().partial("W1").text(view="matrix", notation=name), "\n")
