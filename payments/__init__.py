"""Amounts: what verified facts are worth by the agreed terms, who ordered, attested and paid it, and the ledger.

Serves the steps compute and settle. It never holds a pseudonym, and no rule of a contract is written here.
"""
