"""The pages of outcomes and verification."""

from outcomes.views.claims import (
    claim_correct,
    claim_detail,
    claim_new,
    claim_revise,
    claim_withdraw,
    value_new,
    value_withdraw,
)
from outcomes.views.evidence import evidence_add, evidence_file
from outcomes.views.imports import (
    import_confirm,
    import_discard,
    import_preview,
    import_template,
    import_template_csv,
    import_upload,
    import_withdraw,
)
from outcomes.views.participants import participant_enrol, participant_erase, participants
from outcomes.views.periods import period_claims_csv, period_detail, period_open, period_report, periods
from outcomes.views.verification import (
    verification_decide,
    verification_finish,
    verification_period,
    verification_queue,
    verification_return,
    verification_value,
)

__all__ = [
    "claim_correct",
    "claim_detail",
    "claim_new",
    "claim_revise",
    "claim_withdraw",
    "evidence_add",
    "evidence_file",
    "import_confirm",
    "import_discard",
    "import_preview",
    "import_template",
    "import_template_csv",
    "import_upload",
    "import_withdraw",
    "participant_enrol",
    "participant_erase",
    "participants",
    "period_claims_csv",
    "period_detail",
    "period_open",
    "period_report",
    "periods",
    "value_new",
    "value_withdraw",
    "verification_decide",
    "verification_finish",
    "verification_period",
    "verification_queue",
    "verification_return",
    "verification_value",
]
