"""Figures of each day: the traces that verbs leave, their counts, and the history read from them."""
