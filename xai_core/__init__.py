"""What SeeSpot computes: photos, networks, explanations, studies, reports. Never imports Streamlit."""

import sys

# OpenVINO reports its use to its makers over the network, from a forked process, as soon as it is imported (2026.4). It
# does without where this package is missing.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
