"""What may be owed: the terms read on arrays of draws from an assumptions document.

The simulation serves the step design: distributions, never amounts that anybody is paid. It reuses the kinds of the
terms as they are and knows no formula of its own, no clock and no chance but the seed it is given.
"""
