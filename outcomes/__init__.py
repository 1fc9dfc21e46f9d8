"""Facts: participants as pseudonyms, claims and measured values, how they came in, and what the verifier decided.

Serves the steps observe and verify. It must not know what a fact is worth.
"""
