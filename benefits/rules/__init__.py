"""One module for each service of the law, each declaring a `RULE`; the catalogue finds them by that."""
