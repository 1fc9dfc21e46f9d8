"""The Celery app and the complete list of periodic work. The rows are the work; Celery is the doorbell."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("utfall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "compute verified periods whose bell was lost": {"task": "payments.compute_waiting", "schedule": 60.0},
    "send notices": {"task": "actors.send_notices", "schedule": 60.0},
    "remind of the calendar": {"task": "reports.remind", "schedule": 3600.0},
    "send one letter a day": {"task": "actors.send_digests", "schedule": crontab(hour="6", minute="30")},
    "render reports whose bell was lost": {"task": "reports.render_waiting", "schedule": 60.0},
    "draw simulations whose bell was lost": {"task": "contracts.simulate_waiting", "schedule": 60.0},
    "seal agreements whose bell was lost": {"task": "reports.seal_waiting", "schedule": 60.0},
}
