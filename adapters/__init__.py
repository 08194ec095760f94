"""Typed clients of other bodies' systems: registries, E-Maket, deciding bodies, banks, the SMS centre.

The rest of Demeu knows them by `adapters.ports` (what can be asked), `adapters.records` (what is said) and
`adapters.errors` (how it can fail). Nothing here retries, decides or stores: that is for activities and workflows.
"""
