"""How quantities are named and laid out: the lecture's notation, Nielsen's, Ng's, d2l's, and a user's own."""
