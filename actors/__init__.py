"""Who: organisations, their people and duties, what a duty in a role may do, and the trail of who did what.

Serves every step of the flow. It must not know what a contract, an outcome or a payment is.
"""
