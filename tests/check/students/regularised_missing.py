import numpy as np


def gradient(X, y, W1, b1, W2, b2):
    n = X.shape[0]
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    error = 2 * (a1 @ W2 + b2 - y) / n
    back = error @ W2.T * (z1 > 0)
    return {"W1": X.T @ back + 0.1 * W1, "b1": back.sum(0), "W2": a1.T @ error, "b2": error.sum(0)}
