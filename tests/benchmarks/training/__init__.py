"""Training beside other tools: the same weights, data, batches and rule in each; ``python -m tests.benchmarks``."""
