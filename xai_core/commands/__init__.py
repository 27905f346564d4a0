"""The command line's sub-commands: a module each, with `add_parser(commands)` and `run(arguments)`.

`run` prints its answer and returns the exit code, or raises an XaiError, which becomes one line on standard error
and exit code 2.
"""
