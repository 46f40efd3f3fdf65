import numpy as np


def gradient(X, t, w, b):
    error = np.dot(X, w) + b - t
    dw = np.dot(X.T, error)
    db = np.sum(error)
    return dw, db
