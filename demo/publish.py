#!/usr/bin/env python3
"""Publishes the city's feeds with kcat, as upstream systems do: a topic for each, keyed by the subject.

Harmless if repeated: events keep their ids, so intake takes the second time for duplicates.
"""
import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Idempotent, so that retries keep the order of a key's messages; a missing topic or broker is an error soon.
SETTINGS = ["-Xenable.idempotence=true", "-Xmessage.timeout.ms=30000", "-Xtopic.metadata.propagation.max.ms=5000"]


class Failed(Exception):
    pass


def kcat(brokers, topic, *args, data=None):
    command = ["kcat", "-P", "-b", brokers, "-t", topic, "-K", r"\t", *SETTINGS, *args]
    try:
        done = subprocess.run(command, input=data, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        raise Failed("kcat is not installed") from None
    if done.returncode != 0:
        # it says the same for each message: once is enough
        lines = Counter(done.stderr.decode(errors="replace").splitlines())
        said = [line if n == 1 else f"{line} ({n:,} times)" for line, n in lines.most_common(5)]
        raise Failed("\n  ".join(said) or f"kcat ended with {done.returncode}")


def publish_structured(brokers, topic, feed):
    """The whole event is the value, without headers: all messages of a feed in one go."""
    kcat(brokers, topic, "-l", str(feed))


def publish_binary(brokers, topic, feed):
    """The event's attributes are headers, its data is the value. kcat's headers are for all it sends: one each."""
    def one(line):
        key, value = line.split(b"\t", 1)
        event = json.loads(value)
        data = json.dumps(event.pop("data"), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": event.pop("datacontenttype")} | {f"ce_{k}": v for k, v in event.items()}
        kcat(brokers, topic, *(f"-H{name}={value}" for name, value in headers.items()), data=key + b"\t" + data)

    with ThreadPoolExecutor(4) as pool:
        try:
            list(pool.map(one, feed.read_bytes().splitlines()))
        finally:
            pool.shutdown(cancel_futures=True)


def publish(brokers, feed):
    """Returns how many messages went out."""
    source, mode, *_ = feed.name.split(".")
    send = publish_binary if mode == "binary" else publish_structured
    send(brokers, f"terukur.activity.{source}", feed)
    return feed.read_bytes().count(b"\n")


def main():
    parser = argparse.ArgumentParser(description="Publish DIR/feed/*.jsonl to terukur.activity.<source>.")
    parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="what city.py wrote")
    parser.add_argument("--brokers", required=True, metavar="HOST:PORT")
    args = parser.parse_args()
    feeds = sorted((args.dir / "feed").glob("*.jsonl"), key=lambda feed: feed.stat().st_size)
    if not feeds:
        sys.exit(f"publish: no feeds in {args.dir / 'feed'}: run city.py --out {args.dir} first")
    began, total = time.monotonic(), 0
    for number, feed in enumerate(feeds, 1):
        start = time.monotonic()
        try:
            count = publish(args.brokers, feed)
        except Failed as why:
            sys.exit(f"publish: {feed.name}: {why}")
        took = time.monotonic() - start
        total += count
        print(f"[{number}/{len(feeds)}] {feed.name:22} {count:7,} messages in {took:5.1f} s, "
              f"{count / took:9,.0f}/s", flush=True)
    took = time.monotonic() - began
    print(f"{total:,} messages in {took:.1f} s, {total / took:,.0f}/s")


if __name__ == "__main__":
    main()
