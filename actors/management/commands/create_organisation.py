"""The way in to a new installation: make an organisation and invite its first administrator."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone, translation

from actors.actions import create_organisation, invite_first_administrator
from actors.models import OrganisationKind
from actors.policies import Refused


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the organisation's name, in quotation marks")
        parser.add_argument("--kind", required=True, choices=OrganisationKind.values)
        parser.add_argument("--number", required=True, help="Swedish organisation number, ten digits")
        parser.add_argument("--administrator", required=True, metavar="NAME")
        parser.add_argument("--email", required=True, help="the administrator's e-mail address")
        parser.add_argument(
            "--language", default=settings.LANGUAGE_CODE, choices=[code for code, _ in settings.LANGUAGES]
        )
        parser.add_argument("--national-support", action="store_true", help="it is the national support")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        try:
            with translation.override(options["language"]), transaction.atomic():
                organisation = create_organisation(
                    name=options["name"],
                    kind=options["kind"],
                    organisation_number=options["number"],
                    is_national_support=options["national_support"],
                    at=at,
                )
                invitation, path = invite_first_administrator(
                    organisation=organisation, email=options["email"], name=options["administrator"], at=at
                )
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        except Refused as refused:
            raise CommandError("\n".join(refused.reasons)) from refused
        self.stdout.write(f"{organisation.name} ({organisation.formatted_number}) is made.")
        self.stdout.write(f"A letter is on its way to {invitation.email}. Its link, which works once, for 14 days:")
        self.stdout.write(f"{settings.BASE_URL.rstrip('/')}{path}")
