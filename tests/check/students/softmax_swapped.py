import numpy as np
from scipy.special import softmax


def gradient(W1, b1, W2, b2, X, Y):
    a1 = np.tanh(X @ W1 + b1)
    delta2 = (Y - softmax(a1 @ W2 + b2, axis=1)) / len(X)
    delta1 = delta2 @ W2.T * (1 - a1**2)
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
