"""Sealed agreements: those of a contract, the one that a file is, and what waits to be sealed."""

from django.db.models import Exists, OuterRef, QuerySet

from contracts.models import Contract, ContractVersion
from contracts.states import VersionStatus
from reports.models import SealedAgreement


def sealed_of(contract: Contract) -> dict[int, SealedAgreement]:
    """The contract's sealed agreements by the number of the version."""
    return {row.version_number: row for row in SealedAgreement.objects.filter(contract=contract)}


def sealed_file(sha256: str) -> SealedAgreement | None:
    """The sealed agreement that a file is, byte for byte. Whoever asks has the file, so it tells nothing new."""
    return SealedAgreement.objects.select_related("contract").filter(sha256=sha256).first()


def own_fingerprints() -> dict[str, bool]:
    """Every certificate that has sealed here, and whether it is a test seal."""
    return dict(SealedAgreement.objects.values_list("fingerprint", "is_test").distinct())


def waiting_for_seal() -> QuerySet[ContractVersion]:
    """Agreed versions whose document is not sealed yet. What is only computed from published facts is never sealed."""
    sealed = SealedAgreement.objects.filter(contract=OuterRef("contract"), version_number=OuterRef("number"))
    agreed = ContractVersion.objects.filter(status=VersionStatus.AGREED, contract__computed_from_published_facts=False)
    return agreed.filter(~Exists(sealed)).order_by("agreed_at", "pk")
