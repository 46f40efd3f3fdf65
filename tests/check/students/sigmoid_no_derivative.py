import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradient(X, y, W1, b1, W2, b2):
    a1 = sigmoid(X @ W1 + b1)
    yhat = sigmoid(a1 @ W2 + b2)
    delta2 = (yhat - y) * yhat * (1 - yhat)
    delta1 = delta2[:, None] * W2
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum()
