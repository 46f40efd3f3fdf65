import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def gradient(W1, b1, W2, b2, X, Y):
    n = len(X)
    a1 = np.tanh(X @ W1 + b1)
    delta2 = (softmax(a1 @ W2 + b2) - Y) / n
    delta1 = delta2 @ W2.T * (1 - a1**2)
    return {
        "grad_W1": X.T @ delta1,
        "grad_b1": delta1.sum(axis=0, keepdims=True),
        "grad_W2": a1.T @ delta2,
        "grad_b2": delta2.sum(axis=0, keepdims=True),
    }
