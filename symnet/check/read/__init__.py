"""Reading an answer, LaTeX or Python, into an expression over the network's own tensors; nothing is executed."""
