"""Derivatives: the rules, reverse mode over equations, the steps, the scalar view, and worked numbers."""
