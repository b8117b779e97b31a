"""The pure middle of mailflow: no clock, no chance, no I/O, no logging.

Everything here takes values and returns values. Time comes in as an argument, chance does not
come in at all, and every verdict carries the reason that led to it.
"""
