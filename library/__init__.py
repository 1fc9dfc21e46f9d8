"""KNOW-HOW – reuse: the national support's shelf of templates, indicators, unit costs and guides, and Kolada's figures.

Contracts copy from the shelf; nothing here knows a contract.
"""
