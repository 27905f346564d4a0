"""The manifest that is attached to a report's PDF."""

import io

from xai_core.errors import ReportError

#: The manifest's name among the PDF's attachments.
NAME = "manifest.json"


def is_pdf(data: bytes) -> bool:
    """Return whether a file is a PDF by its first bytes."""
    return data.startswith(b"%PDF-")


def attached(data: bytes) -> bytes:
    """Return the manifest attached to a PDF. Raises ReportError where there is none."""
    from pypdf import PdfReader  # takes a third of a second to import

    try:
        [content] = PdfReader(io.BytesIO(data)).attachments[NAME]
        return bytes(content)
    except Exception:  # the library raises errors of many kinds for damaged files
        raise ReportError(
            "This PDF holds no data of a report; verify a PDF as SeeSpot wrote it, or the report's HTML."
        ) from None
