def gradient(X, y, w, b):
    error = X @ w + b - y
    return {"w": 2 * X.T @ error, "b": 2 * error.sum()}
