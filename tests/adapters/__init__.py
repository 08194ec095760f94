"""One contract suite for whoever stands behind the ports: the stubs here, the real bodies' test systems elsewhere."""
