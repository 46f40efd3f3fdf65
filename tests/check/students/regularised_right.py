import numpy as np


def gradient(X, y, W1, b1, W2, b2, lam=0.1):
    """Mean squared error with (lam / 2) * (sum of all squared weights)."""
    n = X.shape[0]
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    error = 2 * (a1 @ W2 + b2 - y) / n
    back = error @ W2.T * (z1 > 0)
    return {"W1": X.T @ back + lam * W1, "b1": back.sum(0), "W2": a1.T @ error + lam * W2, "b2": error.sum(0)}
