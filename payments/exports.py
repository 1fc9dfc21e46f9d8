"""Files for other programs. A text that a spreadsheet would take for a formula is marked as text."""

import csv
import io
from collections.abc import Iterable, Mapping

from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import LedgerEntry

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def ledger_csv(entries: Iterable[LedgerEntry], parties: Mapping[int, str]) -> bytes:
    """One row per posting; semicolons, decimal comma and a byte order mark, as Swedish spreadsheets expect."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    heads = [_("Booked"), _("Entry"), _("Event"), _("Period"), _("Order"), _("Reference"), _("Account"), _("Party")]
    rows.writerow([*heads, _("Amount"), _("Currency"), _("Written"), _("By")])
    for entry in entries:
        for posting in entry.postings.all():
            rows.writerow(
                [
                    entry.booked_on.isoformat(),
                    entry.pk,
                    as_text(entry.get_event_display()),
                    as_text(entry.order.calculation.claim_period.name),
                    entry.order_id,
                    as_text(entry.order.reference),
                    as_text(posting.get_account_display()),
                    as_text(parties[posting.party_id]),
                    f"{posting.amount:f}".replace(".", ","),
                    posting.currency,
                    timezone.localtime(entry.at).isoformat(timespec="seconds"),
                    as_text(entry.user.name),
                ]
            )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_text(value: object) -> str:
    """What people have written, never run as a formula: `=1+1` → `'=1+1`."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
