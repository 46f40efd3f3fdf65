"""Slides: a deck of one idea a slide, and what writes it as PDF, HTML, Beamer, Markdown and notebook."""
