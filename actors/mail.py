"""Letters to people, in the reader's language, as text and as HTML; and the notices that tell what has happened.

A notice is a row: it stands on the person's own page, and the worker sends it as a letter in the rhythm they chose.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation

from actors.models import Notice, NoticeRhythm, User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5
AT_ONCE = 100  # notices taken in one sweep


def send_letter(letter: str, *, to: str, language: str, path: str = "", **values: Any) -> None:
    """Send `templates/emails/<letter>.txt` and `.html`; the subject is the first line of the text.

    `path` is the page the letter leads to. A letter never holds a pseudonym or an amount: it says that there is
    something to see, and where.
    """
    with translation.override(language):
        context = values | {"link": _address(path), "is_demo": settings.DEMO}
        subject, _, text = render_to_string(f"emails/{letter}.txt", context).lstrip().partition("\n")
        subject = " ".join(subject.split())  # a name may hold any sign; a header holds one line
        message = EmailMultiAlternatives(subject, text.strip() + "\n", to=[to])
        message.attach_alternative(
            render_to_string(f"emails/{letter}.html", context | {"subject": subject}), "text/html"
        )
    message.send()


def _address(path: str) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{path}"


# --- Notices ---------------------------------------------------------------------------------------------------------


def tell(
    *, users: Iterable[User], kind: str, contract_code: str, path: str, data: Mapping[str, Any], key: str, at: datetime
) -> None:
    """Tell these people something, each once for the same `key`. Part of the caller's transaction.

    `kind` names `templates/emails/notices/<kind>.txt`: the first line is the subject, the rest the text, filled with
    `data` (JSON-able codes and names, never a pseudonym).
    """
    rows = [
        Notice(user=user, key=key, kind=kind, contract_code=contract_code, path=path, data=dict(data), at=at)
        for user in {user.pk: user for user in users if user.is_active}.values()
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


def words_of(notice: Notice) -> tuple[str, str]:
    """Subject and text of a notice in the reader's language."""
    context = notice.data | {"contract_code": notice.contract_code, "at": notice.at}
    subject, _, text = render_to_string(f"emails/notices/{notice.kind}.txt", context).lstrip().partition("\n")
    return subject.strip(), text.strip()


def send_waiting(*, clock: Callable[[], datetime]) -> int:
    """Send what waits to those who want letters at once, one letter each. Returns how many were sent.

    A notice is claimed with a lease before it is sent, so that two workers never send the same one; one whose sending
    failed is tried again some times, when the lease is over.
    """
    Notice.objects.filter(_unsent(), user__notices=NoticeRhythm.NONE).update(skipped_at=clock())
    sent = 0
    for notice in _waiting(clock(), NoticeRhythm.EACH)[:AT_ONCE]:
        sent += _send([notice], clock)
    return sent


def send_digests(*, clock: Callable[[], datetime]) -> int:
    """Send what waits to those who want one letter a day: all of a person's notices in one."""
    sent = 0
    waiting: dict[int, list[Notice]] = {}
    for notice in _waiting(clock(), NoticeRhythm.DAILY):
        waiting.setdefault(notice.user_id, []).append(notice)
    for notices in waiting.values():
        sent += _send(notices, clock)
    return sent


def _unsent() -> Q:
    return Q(sent_at__isnull=True, skipped_at__isnull=True, attempts__lt=MOST_ATTEMPTS)


def _free(at: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=at)


def _waiting(at: datetime, rhythm: str) -> QuerySet[Notice]:
    waiting = Notice.objects.filter(_unsent(), _free(at), user__notices=rhythm, user__is_active=True)
    return waiting.select_related("user").order_by("at", "pk")


def _send(notices: Sequence[Notice], clock: Callable[[], datetime]) -> int:
    """One letter with these notices to their person. False when somebody else has them, or it could not be sent."""
    mine = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    lease = clock() + LEASE * 4 ** max(notice.attempts for notice in notices)  # each time later: most of a day in all
    taken = mine.filter(_unsent(), _free(clock())).update(lease_until=lease, attempts=F("attempts") + 1)
    if taken != len(notices):
        mine.filter(lease_until=lease).update(lease_until=None, attempts=F("attempts") - 1)
        return 0
    user = notices[0].user
    try:
        with translation.override(user.language):
            entries = [(*words_of(notice), _address(notice.path)) for notice in notices]
        send_letter("notices", to=user.email, language=user.language, path="/konto/meddelanden/", entries=entries)
    except Exception:
        logger.exception("notices %s could not be sent", [notice.pk for notice in notices])
        return 0
    mine.filter(lease_until=lease).update(sent_at=clock(), lease_until=None)
    return 1
