"""Where the parts are put together: settings, Temporal connection, telemetry and the embedded stack.

Worker, starter, gateway and tests all compose from here, so that they cannot differ. No decision about a case is
made in this package.
"""
