// Publishes two events with the official SDK, as it comes, in the mode that the argument names.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/uuid"
)

var url = os.Getenv("GATEWAY_URL") + "/api/v1/events"
var authorization = "Bearer " + os.Getenv("UPSTREAM_API_KEY")

func newEvent() cloudevents.Event {
	event := cloudevents.NewEvent()
	event.SetID(uuid.NewString())
	event.SetSource(os.Getenv("SOURCE"))
	event.SetType("terukur.activity.recorded.v1")
	event.SetSubject(os.Getenv("NIP"))
	event.SetTime(time.Now())
	data := map[string]any{"indicator": os.Getenv("INDICATOR"), "value": 1}
	if err := event.SetData(cloudevents.ApplicationJSON, data); err != nil {
		log.Fatal(err)
	}
	return event
}

func sendAll(ctx context.Context, client cloudevents.Client, events []cloudevents.Event) error {
	for _, event := range events {
		if result := client.Send(ctx, event); !cloudevents.IsACK(result) {
			return result
		}
	}
	return nil
}

func toKafka(ctx context.Context, events []cloudevents.Event) error {
	brokers := strings.Split(os.Getenv("KAFKA_BROKERS"), ",")
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true // the SDK asks for it
	sender, err := kafka_sarama.NewSender(brokers, config, os.Getenv("TOPIC"))
	if err != nil {
		return err
	}
	defer sender.Close(ctx)
	client, err := cloudevents.NewClient(sender)
	if err != nil {
		return err
	}
	return sendAll(ctx, client, events)
}

func toGateway(ctx context.Context, events []cloudevents.Event) error {
	client, err := cloudevents.NewClientHTTP(cehttp.WithTarget(url), cehttp.WithHeader("Authorization", authorization))
	if err != nil {
		return err
	}
	return sendAll(ctx, client, events)
}

func batch(ctx context.Context, events []cloudevents.Event) error {
	request, err := cehttp.NewHTTPRequestFromEvents(ctx, url, events)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", authorization)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		body, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s", answer.Status, body)
	}
	return nil
}

func main() {
	ctx := context.Background()
	modes := map[string]func(context.Context, []cloudevents.Event) error{
		"kafka": toKafka, "http": toGateway, "http-batch": batch,
	}
	send, structured := modes[os.Args[1]], false
	if send == nil {
		transport, mode, _ := strings.Cut(os.Args[1], "-")
		send, structured = modes[transport], mode == "structured"
	}
	if structured {
		ctx = binding.WithForceStructured(ctx)
	}
	if err := send(ctx, []cloudevents.Event{newEvent(), newEvent()}); err != nil {
		log.Fatal(err)
	}
}
