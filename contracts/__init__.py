"""Promises: contracts, their parties, and the versions of terms that the parties propose and accept.

Serves the steps design and agree. It must not know what was observed or paid.
"""
