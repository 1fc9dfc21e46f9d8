"""The seal on an agreement: who seals, sealing, a test authority for demo and tests, and the examination of a file.

The only package that imports pyHanko. A seal (PAdES) proves that a file is unchanged since the installation sealed it;
the parties' signatures stand in the document that it seals. What is sealed is never touched again.
"""

from reports.seal.examining import Examination, Found, Kind, examine, examine_apart
from reports.seal.identity import TEST_PASSWORD, Identity, SealError, Source, hindrance, identity_of, source
from reports.seal.sealing import seal
from reports.seal.test_authority import make_test_seal

__all__ = [
    "TEST_PASSWORD",
    "Examination",
    "Found",
    "Identity",
    "Kind",
    "SealError",
    "Source",
    "examine",
    "examine_apart",
    "hindrance",
    "identity_of",
    "make_test_seal",
    "seal",
    "source",
]
