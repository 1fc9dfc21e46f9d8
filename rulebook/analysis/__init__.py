"""The terms as a shape: what they can cost at most and at least, and what they would pay somebody to do.

`rulebook.analyse` gathers it. `ranges` and `given` read the kinds over ranges and over given figures; `reach` says
what facts can show at all; `bounds`, `exposure` and `witness` prove the ends and find facts that reach them; `slopes`,
`along` and `incentives` follow a payment outcome by outcome; the rest look for what cannot happen or happens twice.
"""
