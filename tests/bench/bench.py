"""How fast the pipeline is, beside a floor measured in the same run. `make bench`, or bench.py --help.

The floor is what nobody can go below with this store: the same rows, already parsed, by COPY into a staging table, a
deduplicating insert and an upsert of totals, on two connections, the best of three batch sizes; and reading alone. For the
gateway it is a server of the same two libraries and nothing else (bare.c).
"""
import argparse
import datetime
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from services import SERVICES  # noqa: E402
from stack import Stack, random_ports  # noqa: E402

import gateway  # noqa: E402
import scale  # noqa: E402

TOPIC = "terukur.activity.bench"
INDICATORS = [("visits", "count", "more"), ("doses", "sum", "more"), ("minutes", "mean", "less"),
              ("reached", "ratio", "more"), ("stock", "latest", "more")]
MONTH = "2026-10"
# What kcat sends at once by itself is a megabyte of one partition's events, then of another's. As consumers happen to fetch
# those, a batch of intake's can be of a few people alone, and half as many scores change. No upstream is like that.
BATCH = "batch.size=65536"
PIPELINE = (("terukur-intake", "intake"), ("terukur-scoring", "scoring"))


def nip(i):
    day = datetime.date(1965, 1, 1) + datetime.timedelta(days=i)
    return f"{day:%Y%m%d}201503{1 + i % 2}{1 + i % 999:03d}"


def registry(people):
    return {
        "agencies": [{"code": "bench", "name": "Bench"}],
        "units": [{"code": f"unit-{u}", "agency": "bench", "name": f"Unit {u}"} for u in range(100)],
        "indicators": [{"code": c, "name": {"id": c, "en": c}, "aspect": "productivity", "measure": m, "direction": d,
                        "unit": "", "min": 0, "max": 1000} for c, m, d in INDICATORS],
        "sources": [{"code": "bench", "name": "Bench", "indicators": [c for c, _, _ in INDICATORS]}],
        "positions": [{"code": "officer", "name": "Officer", "items": [
            {"indicator": c, "target": 20, "weight": 20, "kind": "MAIN"} for c, _, _ in INDICATORS]}],
        "people": [{"nip": nip(i), "name": f"Person {i}", "unit": f"unit-{i % 100}", "position": "officer",
                    "superior": None, "from": "2026-01-01"} for i in range(people)],
        "plans": [{"nip": nip(i), "year": 2026, "status": "AGREED"} for i in range(people)],
    }


def event(rng, people):
    """One event of about 300 bytes, as (key, value)."""
    who, (code, measure, _) = nip(rng.randrange(people)), rng.choice(INDICATORS)
    at = f"{MONTH}-{rng.randrange(1, 31):02d}T{rng.randrange(7, 17):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}+07:00"
    data = {"indicator": code, "value": rng.randrange(1, 30), "ref": f"bench/{rng.randrange(10**6)}"}
    if measure == "ratio":
        data["of"] = 30
    return who, json.dumps({"specversion": "1.0", "id": str(uuid.UUID(int=rng.getrandbits(128))), "source": "bench",
                            "type": "terukur.activity.recorded.v1", "subject": who, "time": at,
                            "datacontenttype": "application/json", "data": data}, separators=(",", ":"))


class Bench:
    def __init__(self, stack, people, events):
        self.stack, self.people, self.events = stack, people, events
        self.rng = random.Random(1)
        self.brokers = stack.addresses()["KAFKA_BROKERS"]
        self.db = psycopg.connect(stack.addresses()["DATABASE_URL"], autocommit=True)
        self.figures, self.watchers = {}, {}

    def say(self, name, value, note=""):
        self.figures[name] = value
        print(f"{name:<58} {value:>12,.1f}  {note}", flush=True)

    # Publishing and waiting

    def feed(self, n):
        """Writes a feed of new events; publishing it later costs little beside the services."""
        path = self.stack.run_dir / f"feed-{self.rng.getrandbits(32):08x}"
        with open(path, "w") as out:
            out.writelines(f"{k}\t{v}\n" for k, v in (event(self.rng, self.people) for _ in range(n)))
        return path

    def publish(self, path):
        subprocess.run(["kcat", "-P", "-q", "-b", self.brokers, "-t", TOPIC, "-K", "\t", "-X", "linger.ms=20",
                        "-X", "acks=1", "-X", "queue.buffering.max.messages=1000000", "-X", BATCH, "-l", path], check=True)

    def behind(self, group, topics):
        """Messages that the group has still to deal with."""
        with_lag = 0
        if group not in self.watchers:
            self.watchers[group] = Consumer({"bootstrap.servers": self.brokers, "group.id": group, "log_level": 0})
        consumer = self.watchers[group]
        for topic in topics:
            parts = [TopicPartition(topic, p) for p in consumer.list_topics(topic).topics[topic].partitions]
            for part in consumer.committed(parts, timeout=10):
                low, high = consumer.get_watermark_offsets(part, timeout=10)
                with_lag += high - max(part.offset, low)
        return with_lag

    def wait_done(self, group, topics, seconds=600):
        end = time.monotonic() + seconds
        while self.behind(group, topics):
            if time.monotonic() > end:
                raise SystemExit(f"{group} is still behind after {seconds} s")
            time.sleep(0.05)
        return time.monotonic()

    def settle(self):
        for group, topic in (("terukur-intake", TOPIC), ("terukur-scoring", "terukur.evidence.accepted"),
                             ("terukur-scoring-registry", "terukur.registry.changed")):
            self.wait_done(group, [topic])

    def hold(self, *names):
        for name in names:
            os.kill(self.stack.program(name).pid, signal.SIGSTOP)

    def go_on(self, *names):
        for name in names:
            os.kill(self.stack.program(name).pid, signal.SIGCONT)

    # Measurements

    def reading(self):
        began = time.monotonic()
        out = subprocess.run(["kcat", "-C", "-e", "-q", "-b", self.brokers, "-t", TOPIC, "-o", "beginning",
                              "-f", "%o\n"], check=True, capture_output=True)
        return out.stdout.count(b"\n") / (time.monotonic() - began)

    def parsed(self, path):
        """The feed's rows as COPY text: what the floor is given for nothing."""
        rows, indicators = [], {c: i for i, (c, _, _) in enumerate(INDICATORS)}
        people = {nip(i): uuid.UUID(int=i + 1) for i in range(self.people)}
        for line in open(path):
            key, value = line.rstrip("\n").split("\t")
            e = json.loads(value)
            d = e["data"]
            rows.append((key, "\t".join([
                e["id"], "bench", str(people[key]), "24321", str(indicators[d["indicator"]]), e["time"],
                str(d["value"]), str(d.get("of", "\\N")), d["ref"], value.replace("\\", "\\\\")]) + "\n"))
        halves = [[r for k, r in rows if hash(k) % 2 == h] for h in (0, 1)]
        return halves

    def floor_tables(self):
        self.db.execute("""DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench;
            CREATE TABLE bench.event (id text COLLATE "C", source text COLLATE "C", person uuid, month int, indicator int,
                at timestamptz, value numeric, "of" numeric, ref text, payload text, PRIMARY KEY (id, source));
            CREATE TABLE bench.total (person uuid, month int, indicator int, n bigint, sum numeric, sum_of numeric,
                PRIMARY KEY (person, month, indicator)) WITH (fillfactor = 60)""")

    def floor_half(self, rows, batch):
        with psycopg.connect(self.stack.addresses()["DATABASE_URL"]) as db:
            db.execute("CREATE TEMP TABLE staging (LIKE bench.event) ON COMMIT DELETE ROWS")
            db.commit()
            for start in range(0, len(rows), batch):
                with db.cursor().copy("COPY staging FROM STDIN") as copy:
                    copy.write("".join(rows[start:start + batch]))
                db.execute("""WITH new AS (INSERT INTO bench.event SELECT * FROM staging ORDER BY id, source
                        ON CONFLICT DO NOTHING RETURNING person, month, indicator, value, "of")
                    INSERT INTO bench.total AS t SELECT person, month, indicator, count(*), sum(value),
                        coalesce(sum("of"), 0) FROM new GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                    ON CONFLICT (person, month, indicator) DO UPDATE SET n = t.n + excluded.n,
                        sum = t.sum + excluded.sum, sum_of = t.sum_of + excluded.sum_of""")
                db.commit()

    def floor(self, path):
        halves, best = self.parsed(path), 0
        for batch in (1000, 10000, 50000):
            self.floor_tables()
            began = time.monotonic()
            threads = [threading.Thread(target=self.floor_half, args=(half, batch)) for half in halves]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            rate = sum(map(len, halves)) / (time.monotonic() - began)
            self.say(f"floor: COPY, dedup, totals; batches of {batch:,}", rate, "events/s")
            best = max(best, rate)
        self.db.execute("DROP SCHEMA bench CASCADE")
        self.db.execute("CHECKPOINT")  # so that nobody else pays for what the floor has left unwritten
        return best

    def through(self, path, n, held, until):
        """Events per second from letting go of a backlog until those groups are done."""
        self.hold(*held)
        self.publish(path)
        began = time.monotonic()
        self.go_on(*until)
        ended = {}
        for group, name in PIPELINE:
            if name in until:
                topic = TOPIC if name == "intake" else "terukur.evidence.accepted"
                ended[name] = n / (self.wait_done(group, [topic]) - began)
        self.go_on(*held)
        return ended

    def latency(self, rate, seconds):
        """Milliseconds from an event's publication until the score.changed that holds it."""
        people = {row[0]: str(row[1]) for row in self.db.execute("SELECT nip, id FROM registry.person")}
        before = {str(p): sum(i["events"] for i in json.loads(b)["items"]) for p, b in self.db.execute(
            "SELECT person, body FROM scoring.score_view WHERE period = %s", (MONTH,))}
        sent = {p: [] for p in people.values()}
        found, done = [], threading.Event()
        reader = Consumer({"bootstrap.servers": self.brokers, "group.id": str(uuid.uuid4()), "auto.offset.reset": "latest",
                           "fetch.min.bytes": 1 << 20, "fetch.wait.max.ms": 100})
        topic = "terukur.score.changed"
        reader.assign([TopicPartition(topic, p, reader.get_watermark_offsets(TopicPartition(topic, p))[1])
                       for p in reader.list_topics(topic).topics[topic].partitions])

        def read():
            while not done.is_set():
                for m in reader.consume(500, 0.1):
                    person, period = m.key().decode().split("/")
                    if period != MONTH or not m.value():
                        continue
                    upto = sum(i["events"] for i in json.loads(m.value())["items"]) - before.get(person, 0)
                    waiting = sent[person]
                    while waiting and waiting[0][0] <= upto:
                        found.append(m.timestamp()[1] - waiting.pop(0)[1])

        thread = threading.Thread(target=read)
        thread.start()
        producer = Producer({"bootstrap.servers": self.brokers, "linger.ms": 20})
        events = [event(self.rng, self.people) for _ in range(rate * seconds)]
        counts, began = {}, time.monotonic()
        for i, (key, value) in enumerate(events):
            while (wait := began + i / rate - time.monotonic()) > 0:
                time.sleep(min(wait, 0.005))
            person = people[key]
            counts[person] = counts.get(person, 0) + 1
            sent[person].append((counts[person], time.time() * 1000))
            producer.produce(TOPIC, value, key)
            producer.poll(0)
        producer.flush()
        end = time.monotonic() + 20
        while any(sent.values()) and time.monotonic() < end:
            time.sleep(0.1)
        done.set()
        thread.join()
        lost = sum(map(len, sent.values()))
        return found, lost

    def memory(self):
        for name in SERVICES:
            pid = self.stack.program(name).pid
            if pid:
                peak = next(l for l in open(f"/proc/{pid}/status") if l.startswith("VmHWM"))
                self.say(f"memory at its peak: {name}", int(peak.split()[1]) / 1024, "MiB")


def services_of(stack):
    return [n for n in SERVICES if (stack.build / n).exists()]


def run(b, history):
    if history is None:
        b.publish(b.feed(b.people * 5))  # so that people have scores
        b.settle()
        gateway.run(b, TOPIC)
        return
    n = b.events
    path = b.feed(n)
    b.publish(path)  # also warms up
    b.settle()
    b.say("floor: reading alone", b.reading(), "events/s")
    floor = b.floor(path)
    intake = b.through(b.feed(n), n, ["intake", "scoring"], ["intake"])["intake"]
    b.say("intake alone", intake, f"events/s, {100 * intake / floor:.0f} % of the floor")
    b.wait_done("terukur-scoring", ["terukur.evidence.accepted"])
    both = b.through(b.feed(n), n, ["intake", "scoring"], ["intake", "scoring"])
    b.say("intake with scoring beside it", both["intake"], f"events/s, {100 * both['intake'] / floor:.0f} % of the floor")
    b.say("publish until the last score.changed", both["scoring"], f"events/s, {100 * both['scoring'] / floor:.0f} % of the floor")
    b.settle()
    found, lost = b.latency(int(both["scoring"] / 10), 15)
    b.say("publish to score.changed at a tenth of that: median", statistics.median(found), "ms")
    b.say("publish to score.changed at a tenth of that: p99", statistics.quantiles(found, n=100)[98], f"ms, {lost} not seen")
    if history:
        first = b.through(b.feed(n), n, ["intake", "scoring"], ["intake"])["intake"]
        for _ in range(history // n):
            b.publish(b.feed(n))
            b.settle()
        after = b.through(b.feed(n), n, ["intake", "scoring"], ["intake"])["intake"]
        b.say(f"intake after {history:,} more events of history", after, f"events/s, {100 * after / first:.0f} % of before")
    b.memory()
    gateway.run(b, TOPIC)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=300000)
    options.add_argument("--people", type=int, default=6000)
    options.add_argument("--history", type=int, default=1000000, help="0: leave that measurement out")
    options.add_argument("--gateway", action="store_true", help="measure the gateway alone, beside the bare server")
    options.add_argument("--scale", action="store_true", help="measure two capped replicas beside one, alone (scale.py)")
    options.add_argument("--build", default=ROOT / "build")
    options.add_argument("--json", help="write the figures there")
    o = options.parse_args()
    run_dir = Path(tempfile.mkdtemp(prefix="terukur-bench-", dir="/var/tmp"))
    stack = Stack(run_dir, ports=random_ports(), build=o.build, quiet=True)
    try:
        stack.start("postgres", "kafka", "mail")
        stack.prepare_stores()
        stack.start(*services_of(stack))
        (run_dir / "registry.json").write_text(json.dumps(registry(o.people)))
        stack.admin("registry", "load", run_dir / "registry.json")
        bench = Bench(stack, o.people, o.events)
        if o.scale:
            scale.run(bench, TOPIC)
        else:
            run(bench, None if o.gateway else o.history)
        if o.json:
            Path(o.json).write_text(json.dumps(bench.figures, indent=1))
    finally:
        stack.clean()
        shutil.rmtree(run_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
