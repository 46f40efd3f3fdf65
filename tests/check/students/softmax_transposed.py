import numpy as np
from scipy.special import softmax


def gradient(X, Y, W1, b1, W2, b2):
    a1 = np.tanh(X @ W1 + b1)
    delta2 = (softmax(a1 @ W2 + b2, axis=1) - Y) / len(X)
    delta1 = delta2 @ W2.T * (1 - a1**2)
    return delta1.T @ X, delta1.sum(axis=0), delta2.T @ a1, delta2.sum(axis=0)
