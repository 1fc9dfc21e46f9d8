"""The Celery app and the complete list of periodic work. The rows are the work; Celery is the doorbell."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("utfall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "compute verified periods whose bell was lost": {"task": "payments.compute_waiting", "schedule": 60.0},
    "render reports whose bell was lost": {"task": "reports.render_waiting", "schedule": 60.0},
}
