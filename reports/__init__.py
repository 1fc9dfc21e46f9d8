"""Documents: work lists, overviews, dashboards and settlement statements, read from all that lies below.

Serves the step report. It decides nothing and changes nothing but its own report runs.
"""
