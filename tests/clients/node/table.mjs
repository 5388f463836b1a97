// Publishes two events with the official SDK, as it comes, in the mode that the argument names.
import { CloudEvent, emitterFor, HTTP, httpTransport, Kafka as Binding, Mode } from "cloudevents";
import { Kafka } from "kafkajs";

const env = process.env;
const url = `${env.GATEWAY_URL}/api/v1/events`;
const headers = { Authorization: `Bearer ${env.UPSTREAM_API_KEY}` };
const events = [1, 2].map(() => new CloudEvent({
  source: env.SOURCE, type: "terukur.activity.recorded.v1", subject: env.NIP, datacontenttype: "application/json",
  data: { indicator: env.INDICATOR, value: 1 },
}));

async function toKafka(messages) {
  const producer = new Kafka({ brokers: env.KAFKA_BROKERS.split(",") }).producer();
  await producer.connect();
  await producer.send({ topic: env.TOPIC, messages });
  await producer.disconnect();
}

// The SDK's transport tells nothing of the status: an answer that is no {"accepted":n} is a refusal.
async function toGateway(mode) {
  const emit = emitterFor(httpTransport(url), { binding: HTTP, mode });
  for (const event of events) {
    const answer = await emit(event, { headers });
    if (!JSON.parse(answer.body).accepted) throw new Error(answer.body);
  }
}

async function batch() {
  const type = { "Content-Type": "application/cloudevents-batch+json" };
  const answer = await fetch(url, { method: "POST", headers: { ...headers, ...type }, body: JSON.stringify(events) });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
}

// kafkajs wants text, and the SDK leaves data as the object that it was, and names attributes that are not set.
const asText = ({ headers, value }) => ({ headers: JSON.parse(JSON.stringify(headers)), value: JSON.stringify(value) });

await ({
  "kafka-binary": () => toKafka(events.map((event) => asText(Binding.binary(event)))),
  "kafka-structured": () => toKafka(events.map((event) => Binding.structured(event))),
  "http-binary": () => toGateway(Mode.BINARY),
  "http-structured": () => toGateway(Mode.STRUCTURED),
  "http-batch": batch,
})[process.argv[2]]();
