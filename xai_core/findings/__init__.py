"""What numbers say, in plain sentences: rules that turn measured values into findings, and stay silent about chance.

A file a theme. Each rule takes measured values and `about`, the name of the place where they can be looked up, and returns
the findings that its thresholds allow, in the language spoken now. The thresholds are named, with the reason for each.
"""
