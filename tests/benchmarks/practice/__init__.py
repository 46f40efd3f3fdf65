"""The practice page as a whole: a session in a browser, load, attacks."""
