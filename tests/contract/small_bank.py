"""A bank written from docs/contract alone: `python small_bank.py PORT`. Its books are in memory."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ACCOUNTS = {
    "KZ120000000000000001": ("850312450017", "open"),
    "KZ120000000000000002": ("850312450017", "closed"),
    "KZ120000000000000003": ("830704350025", "open"),
}
kept: dict[str, tuple[object, dict[str, object]]] = {}
credited: set[str] = set()
lock = threading.Lock()


class Bank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        way, asked = url.path.split("/")[3:], parse_qs(url.query)
        iin = asked.get("iin", [""])[0]
        if self.headers.get("Authorization") != "Bearer secret":
            return self.say(401, {"code": "unauthorized"})
        if way == ["accounts"]:
            own = [{"iban": iban, "state": state} for iban, (whose, state) in ACCOUNTS.items() if whose == iin]
            return self.say(200, {"accounts": own})
        if way[0] == "accounts" and way[1] in ACCOUNTS:
            whose, state = ACCOUNTS[way[1]]
            return self.say(200, {"iban": way[1], "state": state, "own": whose == iin})
        if way[:2] == ["transfers", "by-key"] and unquote("/".join(way[2:])) in kept:
            return self.say(200, kept[unquote("/".join(way[2:]))][1])
        return self.say(404, {"code": "unknown_account" if way[0] == "accounts" else "unknown_key"})

    def do_POST(self) -> None:
        body, key = self.rfile.read(int(self.headers["Content-Length"])), self.headers.get("Idempotency-Key")
        if self.headers.get("Authorization") != "Bearer secret":
            return self.say(401, {"code": "unauthorized"})
        if not key:
            return self.say(400, {"code": "key_missing"})
        wish = json.loads(body)
        with lock:
            if key in kept and kept[key][0] != wish:
                return self.say(409, {"code": "key_reused"})
            if key not in kept:
                whose, state = ACCOUNTS.get(wish["iban"], ("", "none"))
                no = {"none": "AC01", "closed": "AC04"}.get(state) or ("BE01" if whose != wish["iin"] else None)
                no = no or ("AM05" if wish["end_to_end_id"] in credited else None)
                answer = {"key": key, "state": "rejected" if no else "settled", "reason_code": no}
                kept[key] = (wish, {**answer, "bank_reference": f"R{len(kept)}"})
                credited.update([] if no else [wish["end_to_end_id"]])
            return self.say(201, kept[key][1])

    def say(self, status: int, members: dict[str, object]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.end_headers()
        self.wfile.write(json.dumps(members).encode())

    def log_message(self, *_: object) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Bank).serve_forever()
