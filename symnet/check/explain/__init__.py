"""Explaining a wrong answer: derivations altered one rule at a time, and which alteration leads to the answer."""
