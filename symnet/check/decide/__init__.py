"""Deciding whether two expressions are the same function: exact residues, intervals, witnesses."""
