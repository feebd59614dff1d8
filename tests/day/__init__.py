"""A day in the shop as a state machine: who may do what, one file for each side."""
