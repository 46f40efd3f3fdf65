import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient(X, y, params):
    W1, b1, w2, b2 = (params[k] for k in ("W1", "b1", "W2", "b2"))
    a1 = sigmoid(X @ W1 + b1)
    yhat = sigmoid(a1 @ w2 + b2)
    cost = 0.5 * np.sum((yhat - y) ** 2)
    delta2 = (yhat - y) * yhat * (1 - yhat)
    delta1 = np.outer(delta2, w2) * a1 * (1 - a1)
    grads = {"dW1": X.T @ delta1, "db1": delta1.sum(axis=0), "dW2": a1.T @ delta2, "db2": delta2.sum()}
    return cost, grads
