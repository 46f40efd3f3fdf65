"""The lecture's neuron: derived, worked out with numbers, trained.  Run: python examples/neuron.py"""

import symnet as sn

net = sn.Network("2 -> 1 linear", cost="sum_of_squares")

print(net.derive().text(view="scalar"))
print(net.forward(x=[1, 2], w=[3, 4], b=1, y=10, steps=1, rate="0.1").text())

inputs = [[0, 1], [1, 0], [1, 1], [2, 1], [1, 2]]
targets = [3 * x1 + 4 * x2 + 1 for x1, x2 in inputs]
model = net.fit(inputs, targets, learning_rate=0.02, epochs=2000)
print("fitted:", {name: value.round(4).tolist() for name, value in model.parameters.items()})
