"""Rules that turn measured values into findings: plain sentences about what cannot be explained by chance.

One file per topic. Each rule takes measured values and `anchor`, the anchor where they are shown, and returns the findings
that pass its thresholds, in the current language. Each threshold is a named constant with its reason.
"""
