"""The sub-commands of the command line, one module each with `add_parser(commands)` and `run(arguments)`.

`run` prints its result and returns the exit code, or raises an XaiError, which becomes one line on standard error and
exit code 2.
"""
