"""Typed clients of other bodies' systems: registries, E-Maket, deciding bodies, banks, the SMS centre.

The rest of Demeu knows them by their subjects (`registries`, `bodies`, `bank`, `sms`: what each says, and what can be
asked of it) and `adapters.errors` (how that can fail). Nothing here retries, decides or stores: that is for activities
and workflows.
"""
