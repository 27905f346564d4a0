"""What pages need of Streamlit beyond its public interface; nothing else imports from inside it.

Checked with Streamlit 1.67.0. After an upgrade look here first.
"""

from dataclasses import dataclass

from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.runtime.uploaded_file_manager import UploadedFile

__all__ = ["PageRun", "StopException", "StreamlitPage", "UploadedFile", "page_run"]


@dataclass(frozen=True)
class PageRun:
    """The run of a page's script that a thread is in."""

    page: str  # a hash that differs from page to page
    from_history: bool  # whether the browser came here by going back or forth in its history


def page_run() -> PageRun | None:
    """Return the run that this thread is in; None in a thread that draws no visitor's page."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else PageRun(context.page_script_hash, context.is_history_navigation)
