"""What only development needs: the whole of Demeu on one machine, with its own PostgreSQL, Temporal and stubs.

Nothing that runs in production imports it but the command line, which `make up` and `make demo` are part of.
"""
