"""The sentences about what methods report of their own maps."""

from xai_core.findings.diagnostics import diagnostic_sentences
from xai_core.i18n import catalogues

FIT = {"fit": 0.4, "superpixels": 38.0}
DELTA = {"convergence_delta": -0.0123, "relative_delta": 0.01}


def test_fit_and_convergence_delta_become_sentences() -> None:
    """Catches a count without its plural, and advice that appears where nothing is wrong."""
    [fit] = diagnostic_sentences(FIT)
    assert fit.replace("\u00a0", " ") == (
        "Fit: a simple sum over 38 patches accounts for 40 % of how the score changes; read it with care."
    )
    [delta] = diagnostic_sentences(DELTA)
    assert "Convergence delta -0.012: " in delta and "more steps" not in delta


def test_diagnostics_are_translated() -> None:
    """Catches a count, an advice or a decimal separator that stays English in French."""
    catalogues.set_language("fr")
    try:
        [fit] = diagnostic_sentences(FIT)
        assert "38 morceaux" in fit.replace("\u00a0", " ") and "prudence" in fit
        assert "-0,012" in diagnostic_sentences(DELTA)[0]
    finally:
        catalogues.set_language(catalogues.ENGLISH)


def test_unknown_diagnostics_are_ignored() -> None:
    """Catches a diagnostic meant for programs that ends a page with a KeyError."""
    assert diagnostic_sentences({"something_else": 1.0}) == []
