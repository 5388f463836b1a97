"""Publishes two events with the official SDK, as it comes, in the mode that the argument names."""
import os
import sys

import requests
from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Producer

env = os.environ
events = [CloudEvent({"source": env["SOURCE"], "type": "terukur.activity.recorded.v1", "subject": env["NIP"]},
                     {"indicator": env["INDICATOR"], "value": 1}) for _ in range(2)]


def to_kafka(messages):
    producer = Producer({"bootstrap.servers": env["KAFKA_BROKERS"]})
    lost = []
    for message in messages:
        producer.produce(env["TOPIC"], message.value, key=message.key, headers=message.headers,
                         on_delivery=lambda error, _: error and lost.append(error))
    assert producer.flush(30) == 0 and not lost, lost


def to_gateway(messages):
    for message in messages:
        answer = requests.post(f"{env['GATEWAY_URL']}/api/v1/events", message.body,
                               headers={**message.headers, "Authorization": f"Bearer {env['UPSTREAM_API_KEY']}"})
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"


def batch():
    body = b"[" + b",".join(JSONFormat().write(event) for event in events) + b"]"
    return http.HTTPMessage({"content-type": "application/cloudevents-batch+json"}, body)


{
    "kafka-binary": lambda: to_kafka(map(kafka.to_binary_event, events)),
    "kafka-structured": lambda: to_kafka(map(kafka.to_structured_event, events)),
    "http-binary": lambda: to_gateway(map(http.to_binary_event, events)),
    "http-structured": lambda: to_gateway(map(http.to_structured_event, events)),
    "http-batch": lambda: to_gateway([batch()]),
}[sys.argv[1]]()
