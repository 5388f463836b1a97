"""Two replicas beside one, each held to a part of a processor, as a cluster does: `make bench BENCH=--scale`, as root.

What is measured is what the replicas themselves do: PostgreSQL and Kafka have the rest of the machine. Each service by itself,
with a backlog before it that all of its replicas begin at the same moment.
"""
import os
import time
from pathlib import Path

SHARE = 0.25  # of a processor, each
PERIOD = 100000  # microseconds
WANT = 1.7


class Caps:
    """Control groups, of the second kind or of the first, whichever the machine has."""

    def __init__(self):
        mounts = [line.split()[1:4] for line in open("/proc/mounts")]
        both = [Path(where) for where, kind, _ in mounts if kind == "cgroup2"]
        own = [Path(where) for where, kind, options in mounts if kind == "cgroup" and "cpu" in options.split(",")]
        new = [where for where in both if "cpu" in (where / "cgroup.controllers").read_text().split()]
        if not own and not new or os.geteuid():
            raise SystemExit("scale: wants to be root, and a control group for processors to make its own in")
        self.root, self.new = (new or own)[0], bool(new)
        if self.new:
            (self.root / "cgroup.subtree_control").write_text("+cpu")
        self.folders = []

    def hold(self, pid, name):
        folder = self.root / f"terukur-{os.getpid()}-{name}"
        if folder not in self.folders:
            folder.mkdir()
            self.folders.append(folder)
        quota = int(SHARE * PERIOD)
        if self.new:
            (folder / "cpu.max").write_text(f"{quota} {PERIOD}")
        else:
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
        (folder / "cgroup.procs").write_text(str(pid))

    def release(self, pid):
        (self.root / "cgroup.procs").write_text(str(pid))

    def done(self):
        for folder in self.folders:
            for pid in (folder / "cgroup.procs").read_text().split():
                self.release(pid)
            folder.rmdir()


def measure(b, caps, service, topic, names):
    """Events per second, from when the first of a backlog are done until all are."""
    group = f"terukur-{service}"
    b.stack.stop(*names)
    b.publish(b.feed(b.events))
    if service == "scoring":
        b.wait_done("terukur-intake", [b.topic])
    b.stack.start(*names, wait=False)
    for name in names:
        caps.hold(b.stack.program(name).pid, name)
    while (left := b.behind(group, [topic])) >= b.events:
        time.sleep(0.02)
    began = time.monotonic()
    rate = left / (b.wait_done(group, [topic]) - began)
    for name in names:
        caps.release(b.stack.program(name).pid)
    return rate


def run(b, topic):
    caps, rates = Caps(), {}
    b.topic = topic
    try:
        b.publish(b.feed(b.events))  # warms up
        b.settle()
        for service, other, reads in (("intake", "scoring", topic), ("scoring", None, "terukur.evidence.accepted")):
            pair = (service, f"{service}-2")
            if other:
                b.stack.stop(other)
            for names in (pair[:1], pair):
                rates[len(names)] = max(measure(b, caps, service, reads, names) for _ in range(2))
                note = f"events/s, {rates[2] / rates[1]:.2f} times" if len(names) > 1 else "events/s"
                b.say(f"{service}: {len(names)} with a quarter of a processor each", rates[len(names)], note)
            b.stack.stop(pair[1])
            if other:
                b.stack.start(other)
                b.settle()
            if rates[2] < WANT * rates[1]:
                raise SystemExit(f"scale: two of {service} do less than {WANT} times what one does")
    finally:
        caps.done()
