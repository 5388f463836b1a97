"""The gateway beside a bare server (bare.c: the same two libraries and nothing else), both driven by wrk in one run."""
import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONNECTIONS, PACED, SECONDS = 64, 192, 6
MONTH = "2026-10"
PER_BATCH = 100


def wrk(url, kind, token="", pause=0, seconds=SECONDS, connections=CONNECTIONS):
    out = subprocess.run(["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", HERE / "gateway.lua", url,
                          "--", kind, token, str(pause)], check=True, capture_output=True, text=True).stdout
    found = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
    if found["refused"] or found["broken"]:
        raise SystemExit(f"{url} {kind}: {found}")
    return found


def rate(found):
    return 1e6 * found["requests"] / found["micros"]


class Pair:
    def __init__(self, bench, topic):
        self.b, self.stack = bench, bench.stack
        self.bare_ = subprocess.Popen([self.stack.build / "bare", bench.brokers, topic, *os.environ.get("BARE", "").split()],
                                      stdout=subprocess.PIPE, text=True)
        self.bare = f"http://127.0.0.1:{int(self.bare_.stdout.readline())}/"
        self.gateway = self.stack.addresses()["GATEWAY_URL"] + "/"

    def end(self):
        self.bare_.kill()
        self.bare_.wait()

    def beside(self, name, bare_kind, kind, token):
        """Each twice, in turn, since others may share the machine: requests per second of both, the better of two."""
        bare, ours = [], []
        for _ in range(2):
            bare.append(rate(wrk(self.bare, bare_kind)))
            ours.append(rate(wrk(self.gateway, kind, token)))
        bare, ours = max(bare), max(ours)
        self.b.say(f"bare server: {name}", bare, "requests/s")
        self.b.say(f"gateway: {name}", ours, f"requests/s, {ours / bare:.2f} of the bare server's")
        return bare, ours


def at_a_rate(url, kind, token, target):
    """wrk's connections wait for their answers and then pause: a short run tells how long the answers take."""
    whole = 1000 * PACED / target
    first = wrk(url, kind, token, max(1, round(whole)), 2, PACED)
    taken = 1000 * PACED / rate(first) - max(1, round(whole))
    return wrk(url, kind, token, max(1, round(whole - taken)), connections=PACED)


def a_score(stack, db):
    """The path of somebody's score."""
    [person] = db.execute("SELECT person FROM scoring.score_view WHERE period = %s LIMIT 1", (MONTH,)).fetchone()
    return f"/api/v1/people/{person}/scores/{MONTH}"


def run(b, topic):
    score, auditor = a_score(b.stack, b.db), b.stack.token("auditor")
    upstream = b.stack.token("upstream", "--source", "bench")
    services = [name for name in b.stack.programs if name in ("intake", "scoring", "decisions", "notification", "reporting")
                and (b.stack.build / name).exists()]
    b.stack.stop(*services, "gateway")  # so that nobody else has the processors
    b.stack.overrides["gateway"].update(MAX_PER_ADDRESS="256", MAX_PER_TOKEN="256")
    b.stack.start("gateway")
    pair = Pair(b, topic)
    try:
        bare, _ = pair.beside("POST of an event", "event", "event", upstream)
        found = at_a_rate(pair.gateway, "event", upstream, 0.3 * bare)
        b.say("gateway: POST of an event, p99 at half of 0.6 of that", found["p99"],
              f"ms, at {rate(found):,.0f} requests/s, {rate(found) / bare:.2f} of the bare server's")
        batches = rate(wrk(pair.gateway, "batch", upstream)) * PER_BATCH
        b.say(f"gateway: events in batches of {PER_BATCH}", batches, "events/s")
        pair.beside("a public answer", "/fixed", "/api/v1/public/agencies", "")
        b.say("gateway: a person's score", rate(wrk(pair.gateway, score, auditor)), "requests/s")
    finally:
        pair.end()
    b.stack.start(*services)
