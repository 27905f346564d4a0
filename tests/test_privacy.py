"""Nothing leaves the computer: libraries that would report their use are kept from it."""

import subprocess
import sys


def test_openvino_does_not_report_its_use() -> None:
    """Catches the reports that OpenVINO sends when it is imported, from a forked process that outlives a killed worker."""
    code = """
import multiprocessing, socket
import xai_core

def refuse(*arguments, **named):
    raise AssertionError("a report was about to be sent")

multiprocessing.Process.start = refuse
socket.create_connection = refuse
from xai_core.detection import detector
detector._network()
from openvino.tools.ovc import telemetry_utils
print(telemetry_utils.tm.__name__)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.stdout.strip() == "openvino.tools.ovc.telemetry_stub", run.stderr
