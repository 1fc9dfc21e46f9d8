"""Work out every stored calculation again from its stored inputs, and compare every amount and both hashes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.models import Calculation
from payments.snapshot import Rerun, run_again


class Command(BaseCommand):
    help = f"{__doc__} Reads only; ends with status 1 if anything differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contract", metavar="CODE", help="only the calculations of this contract")

    def handle(self, *args: Any, **options: Any) -> None:
        calculations = Calculation.objects.select_related("contract", "claim_period").order_by(
            "contract__code", "number"
        )
        if options["contract"]:
            calculations = calculations.filter(contract__code=options["contract"])
        same = different = 0
        for calculation in calculations.iterator(chunk_size=20):
            rerun = run_again(calculation)
            self._tell(rerun)
            same, different = same + rerun.is_same, different + (not rerun.is_same)
        self.stdout.write(f"{same + different} calculations worked out again: {same} the same, {different} different.")
        if different:
            raise CommandError("At least one calculation does not come out as it is stored.")

    def _tell(self, rerun: Rerun) -> None:
        calculation = rerun.calculation
        name = f"{calculation.contract.code} {calculation.claim_period.name}"
        verdict = "same" if rerun.is_same else "DIFFERENT"
        self.stdout.write(
            f"{name}: {calculation.total} {calculation.currency}, result {calculation.result_hash[:12]}: {verdict}"
        )
        for difference in rerun.differences:
            self.stdout.write(f"    {difference}")
