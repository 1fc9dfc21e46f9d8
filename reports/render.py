"""From a report's data to bytes: HTML for paper, and PDF. The only file that imports WeasyPrint.

The PDF is made as PDF/A-3a with the report's files attached (its data as JSON, at least), and completed to PDF/UA-1: it
can be archived, read aloud, and checked by machine. The same data give the same bytes.
"""

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

PDFUA = """\
  <rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
    <pdfuaid:part>1</pdfuaid:part>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
      xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
    <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
      <pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
      <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
      <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
      <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
        <pdfaProperty:name>part</pdfaProperty:name>
        <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
        <pdfaProperty:category>internal</pdfaProperty:category>
        <pdfaProperty:description>Part of ISO 14289 that the document follows</pdfaProperty:description>
      </rdf:li></rdf:Seq></pdfaSchema:property>
    </rdf:li></rdf:Bag></pdfaExtension:schemas>
  </rdf:Description>
"""


class RenderError(Exception):
    """The document cannot be made here, for a reason that the reader or the administrator can act on."""


@dataclass(frozen=True)
class Attached:
    """A file inside the PDF. `relationship` is the standard's word for what it is to the document."""

    name: str
    content: bytes
    description: str
    relationship: str = "Data"


def data_bytes(data: dict[str, Any]) -> bytes:
    """The report's data as JSON in one spelling: what is hashed, and what is attached to the PDF."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1).encode()


def html(template: str, context: dict[str, Any], *, language: str) -> str:
    """The document as HTML for paper, in the given language."""
    with translation.override(language):
        return render_to_string(template, context | {"language": language})


def data_file(data: dict[str, Any]) -> Attached:
    """The report's data as a file to attach."""
    return Attached("data.json", data_bytes(data), _("The data of this document"))


def pdf(
    markup: str, *, stylesheet: str, data: dict[str, Any], at: datetime, attached: Sequence[Attached] | None = None
) -> bytes:
    """The tagged PDF of a document with files attached: its data, or the files that are given.

    `at` is the instant that the document states as its own.
    """
    weasyprint = _weasyprint()

    class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[misc, name-defined]
        """A statement needs nothing from outside itself: every address is refused."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            raise weasyprint.urls.FatalURLFetchingError(f"a report may not fetch {url}")

    fetcher = Nothing()
    attachments = [
        weasyprint.Attachment(
            file_obj=BytesIO(file.content),
            name=file.name,
            description=file.description,
            created=at.astimezone(UTC),
            modified=at.astimezone(UTC),
            relationship=file.relationship,
        )
        for file in (attached if attached is not None else [data_file(data)])
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its colour profile's file open
            made = weasyprint.HTML(string=markup, url_fetcher=fetcher).write_pdf(
                stylesheets=[weasyprint.CSS(string=_css(stylesheet), url_fetcher=fetcher)],
                attachments=attachments,
                pdf_variant="pdf/a-3a",
                pdf_identifier=sha256(data_bytes(data)).digest()[:16],  # the same data, the same file
            )
    except weasyprint.urls.FatalURLFetchingError as error:  # not an Exception, so nobody else would catch it
        raise RenderError(str(error)) from error
    return _completed(made)


def pages_of(pdf_bytes: bytes) -> int:
    """How many pages the document has."""
    with pikepdf.open(BytesIO(pdf_bytes)) as document:
        return len(document.pages)


@cache
def _weasyprint() -> Any:
    """WeasyPrint, or a clear message where its system libraries are missing."""
    try:
        import weasyprint  # noqa: PLC0415 - it loads Pango when imported, and the platform runs without it
    except OSError as error:
        raise RenderError(
            _(
                "PDF files cannot be made on this server: the text library Pango is missing. "
                "Ask the administrator to install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0."
            )
        ) from error
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # eight lines for every document otherwise
    return weasyprint


def _css(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise RenderError(_("The style sheet %(name)s is missing on this server.") % {"name": name})
    return Path(path).read_text(encoding="utf-8")


def _completed(made: bytes) -> bytes:
    """What WeasyPrint leaves out of PDF/UA: the scope of header cells, the identification, attachments listed once."""
    result = BytesIO()
    with pikepdf.open(BytesIO(made)) as document:
        root = document.Root
        if "/AF" in root:
            once = {item.objgen: item for item in root.AF}
            root.AF = pikepdf.Array(list(once.values()))
        _scope_headers(root.StructTreeRoot, in_head=False)
        xmp = root.Metadata.read_bytes().decode()
        root.Metadata.write(xmp.replace("</rdf:RDF>", PDFUA + "</rdf:RDF>", 1).encode())
        document.save(
            result,
            object_stream_mode=pikepdf.ObjectStreamMode.preserve,
            fix_metadata_version=False,
            deterministic_id=True,
        )
    return result.getvalue()


def _scope_headers(element: Any, *, in_head: bool) -> None:
    """Say of every header cell whether it heads its column or its row."""
    if not isinstance(element, pikepdf.Dictionary):
        return
    kind = str(element.get("/S", ""))
    if kind == "/TH":
        if "/A" not in element:
            element.A = pikepdf.Dictionary(O=pikepdf.Name.Table)
        element.A.Scope = pikepdf.Name("/Column" if in_head else "/Row")
    children = element.get("/K")
    if children is None:
        return
    for child in list(children) if isinstance(children, pikepdf.Array) else [children]:
        _scope_headers(child, in_head=in_head or kind == "/THead")


def file_name(*parts: str, suffix: str = "pdf") -> str:
    """A name for the file that says what it is and travels well: small letters, digits and hyphens."""
    kept = ["".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in part.lower()) for part in parts]
    return "-".join(kept) + f".{suffix}"
