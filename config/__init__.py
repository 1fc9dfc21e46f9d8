"""Wiring: the only package that knows every other.

It owns settings, addresses, the task queue and the demo. It serves every step of the flow and knows no rule of any.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]
