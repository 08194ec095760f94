"""`python -m stubs NAME --port P --data DIR`: one stub as a process of its own."""

import argparse
import importlib
import os
import sys
from pathlib import Path

from stubs import NAMES


def main() -> int:
    """Serves the named stub until it is stopped. The first line of output is its address."""
    parser = argparse.ArgumentParser(prog="python -m stubs", description="One of the other bodies' systems, as a stub.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="HTTP port; 0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder of the stub's own storage")
    parser.add_argument("--token", default=os.environ.get("STUB_TOKEN"), help="bearer token; also STUB_TOKEN")
    parser.add_argument("--delay", type=float, default=0.2, help="body: seconds until it decides")
    parser.add_argument("--settle", type=float, default=0.0, help="bank: seconds until a transfer is settled")
    parser.add_argument("--smpp-port", type=int, default=0, help="smsc: SMPP port")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    if given.name == "smsc":
        smsc = importlib.import_module("stubs.smsc")
        smsc.run(port=given.port, smpp_port=given.smpp_port, data=given.data, host=given.host)
        return 0
    from stubs import serve  # only here, so that the SMS centre does not pay for it

    sock = serve.listen(given.host, given.port)
    agency = serve.agency(given.name, given.data, delay=given.delay, settle=given.settle)
    host, port = sock.getsockname()[:2]
    sys.stdout.write(f"{given.name} http://{host}:{port}\n")
    sys.stdout.flush()
    serve.run(serve.front(agency, given.token).app, sock)
    agency.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
