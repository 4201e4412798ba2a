"""Benchmarks: one question a file, correctness first, ratios beside the peers."""
