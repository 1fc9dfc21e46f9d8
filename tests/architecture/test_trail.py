"""Everything that is written in the trail of a contract can be read in words."""

import re
from pathlib import Path

from reports.queries.events import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
EVENT = re.compile(r'"((?:contracts|library|outcomes|payments|reports)\.[a-z_]+)"')
WITHOUT_CONTRACT = {
    "reports.make_feed",
    "library.publish_template",
    "library.return_template",
    "library.retire_template",
}
FOLDERS = ["contracts/actions", "outcomes/actions", "payments/actions", "reports"]


def recorded() -> set[str]:
    """Every word that looks like an event, in the modules that write the trail."""
    found: set[str] = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            if "record" in text and "queries" not in path.parts:
                found |= {word for word in EVENT.findall(text) if not word.endswith((".models", ".queries"))}
    return found


def test_every_event_of_a_contract_has_a_sentence() -> None:
    tasks = {"reports.render", "reports.render_waiting", "payments.compute_period", "payments.compute_waiting"}
    assert recorded() - WITHOUT_CONTRACT - tasks - set(SENTENCES) == set()
