def gradient(x, y, w, b):
    error = x[0] @ w + b - y[0]
    return 2 * error * x[0], 2 * error
