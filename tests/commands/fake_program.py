"""The command line with a NumPy network, as a program of its own: `python -m tests.commands.fake_program ...`."""

import functools
import os
import signal

from tests.execution import job_functions
from xai_core.__main__ import program
from xai_core.classifiers.reference import NetworkRef
from xai_core.commands import audit, explain, listing, predict, report, verify
from xai_core.workbench import Workbench


def load(network: NetworkRef) -> job_functions.Predicting:
    """Return the network; a test may want the process to be interrupted here, as the libraries are imported here."""
    if number := os.environ.get("SEESPOT_TEST_SIGNAL"):
        os.kill(os.getpid(), int(number))
        signal.pause()
    return job_functions.load(network)


if __name__ == "__main__":
    for command in (audit, explain, listing, predict, report, verify):
        command.Workbench = functools.partial(Workbench, load=load, specs=job_functions.specs)
    program()
