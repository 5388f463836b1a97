import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.Encoding;
import io.cloudevents.core.message.MessageWriter;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.CloudEventSerializer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes two events with the official SDK, as it comes, in the mode that the argument names. */
public class Table {
	static final Map<String, String> ENV = System.getenv();

	static CloudEvent event() {
		String data = "{\"indicator\":\"" + ENV.get("INDICATOR") + "\",\"value\":1}";
		return CloudEventBuilder.v1()
			.withId(UUID.randomUUID().toString())
			.withSource(URI.create(ENV.get("SOURCE")))
			.withType("terukur.activity.recorded.v1")
			.withSubject(ENV.get("NIP"))
			.withTime(OffsetDateTime.now())
			.withData("application/json", data.getBytes())
			.build();
	}

	static void toKafka(List<CloudEvent> events, Map<String, Object> settings) throws Exception {
		CloudEventSerializer serializer = new CloudEventSerializer();
		serializer.configure(settings, false);
		Map<String, Object> brokers = Map.of("bootstrap.servers", ENV.get("KAFKA_BROKERS"));
		try (var producer = new KafkaProducer<>(brokers, new StringSerializer(), serializer)) {
			for (CloudEvent event : events)
				producer.send(new ProducerRecord<>(ENV.get("TOPIC"), event)).get();
		}
	}

	static HttpRequest.Builder request() {
		return HttpRequest.newBuilder(URI.create(ENV.get("GATEWAY_URL") + "/api/v1/events"))
			.header("Authorization", "Bearer " + ENV.get("UPSTREAM_API_KEY"));
	}

	static void send(HttpRequest.Builder request) throws IOException, InterruptedException {
		var answer = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
		if (answer.statusCode() != 202)
			throw new IOException(answer.statusCode() + " " + answer.body());
	}

	static void toGateway(List<CloudEvent> events, Encoding encoding) throws Exception {
		for (CloudEvent event : events) {
			HttpRequest.Builder request = request();
			Consumer<byte[]> body = bytes -> request.POST(BodyPublishers.ofByteArray(bytes));
			MessageWriter<?, ?> writer = HttpMessageFactory.createWriter(request::header, body);
			if (encoding == Encoding.BINARY)
				writer.writeBinary(event);
			else
				writer.writeStructured(event, JsonFormat.CONTENT_TYPE);
			send(request);
		}
	}

	static void batch(List<CloudEvent> events) throws Exception {
		String body = events.stream().map(event -> new String(new JsonFormat().serialize(event)))
			.collect(Collectors.joining(",", "[", "]"));
		send(request().header("Content-Type", "application/cloudevents-batch+json")
			.POST(BodyPublishers.ofString(body)));
	}

	public static void main(String[] args) throws Exception {
		List<CloudEvent> events = List.of(event(), event());
		switch (args[0]) {
			case "kafka-binary" -> toKafka(events, Map.of());
			case "kafka-structured" -> toKafka(events, Map.of(
				CloudEventSerializer.ENCODING_CONFIG, Encoding.STRUCTURED,
				CloudEventSerializer.EVENT_FORMAT_CONFIG, JsonFormat.CONTENT_TYPE));
			case "http-binary" -> toGateway(events, Encoding.BINARY);
			case "http-structured" -> toGateway(events, Encoding.STRUCTURED);
			case "http-batch" -> batch(events);
			default -> throw new IllegalArgumentException(args[0]);
		}
	}
}
