"""What the outside sends us: replies and receipts of SMS, events of the registries; and the Web UI's codec.

Everything is stored before it is acknowledged and relayed to its case afterwards, until the case has taken it.
"""
