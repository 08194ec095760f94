"""The demo: a cast of invented families (`cast.yaml`), played on the real parts, each case held to its expected end."""
