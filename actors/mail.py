"""Letters to people: in the reader's language, as text and as HTML."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def send_letter(letter: str, *, to: str, language: str, path: str = "", **values: Any) -> None:
    """Send `templates/emails/<letter>.txt` and `.html`; the subject is the first line of the text.

    `path` is the page the letter leads to. A letter never holds a pseudonym or an amount: it says that there is
    something to see, and where.
    """
    with translation.override(language):
        context = values | {"link": f"{settings.BASE_URL.rstrip('/')}{path}", "is_demo": settings.DEMO}
        subject, _, text = render_to_string(f"emails/{letter}.txt", context).lstrip().partition("\n")
        message = EmailMultiAlternatives(subject.strip(), text.strip() + "\n", to=[to])
        message.attach_alternative(
            render_to_string(f"emails/{letter}.html", context | {"subject": subject}), "text/html"
        )
    message.send()
