// Posts an event, or reads all that came of it, with the client that openapi-generator made.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"slices"
	"time"

	"terukur/clients/terukur"
)

type page[T any] interface {
	GetItems() []T
	GetNext() string
}

func as(token string) (*terukur.APIClient, context.Context) {
	config := terukur.NewConfiguration()
	config.Servers = terukur.ServerConfigurations{{URL: os.Getenv("GATEWAY_URL") + "/api/v1"}}
	ctx := context.WithValue(context.Background(), terukur.ContextAccessToken, os.Getenv(token))
	return terukur.NewAPIClient(config), ctx
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func post(source string) any {
	client, ctx := as("UPSTREAM_API_KEY")
	work := terukur.NewRecordedWork(os.Getenv("INDICATOR"), 1)
	work.SetRef("visit/1")
	event := terukur.NewRecordedEvent("1.0", "generated", source, "terukur.activity.recorded.v1",
		os.Getenv("NIP"), time.Now().Truncate(time.Microsecond), *work)
	answer, _, err := client.EventsAPI.PostEvents(ctx).
		ActivityEvent(terukur.RecordedEventAsActivityEvent(event)).Execute()
	if problem, is := err.(*terukur.GenericOpenAPIError); is {
		return problem.Model().(terukur.Problem).Errors[0].Code
	}
	check(err)
	return answer.Accepted
}

func pages[T any](ask func(cursor string) page[T]) []T {
	var items []T
	for cursor := ""; ; {
		got := ask(cursor)
		items = append(items, got.GetItems()...)
		if cursor = got.GetNext(); cursor == "" {
			return items
		}
	}
}

func evidence() []terukur.Evidence {
	client, ctx := as("AUDITOR_TOKEN")
	return pages(func(cursor string) page[terukur.Evidence] {
		request := client.PeopleAPI.ListEvidence(ctx, os.Getenv("PERSON")).Period(os.Getenv("PERIOD"))
		if cursor != "" {
			request = request.Cursor(cursor)
		}
		got, _, err := request.Execute()
		check(err)
		return got
	})
}

func rejections() []terukur.Rejection {
	client, ctx := as("UPSTREAM_API_KEY")
	return pages(func(cursor string) page[terukur.Rejection] {
		request := client.EventsAPI.ListRejections(ctx)
		if cursor != "" {
			request = request.Cursor(cursor)
		}
		got, _, err := request.Execute()
		check(err)
		return got
	})
}

func read() any {
	client, ctx := as("AUDITOR_TOKEN")
	score, _, err := client.PeopleAPI.GetScore(ctx, os.Getenv("PERSON"), os.Getenv("PERIOD")).Execute()
	check(err)
	events, refused := evidence(), rejections()
	mine, reasons := []string{}, []string{}
	for _, e := range events {
		if e.Id == "generated" {
			mine = append(mine, e.GetRef())
		}
	}
	for _, r := range refused {
		reasons = append(reasons, string(r.Reason))
	}
	slices.Sort(reasons)
	return map[string]any{"realized": score.Items[0].Realized, "rating": score.Results.Get().Rating, "grade": score.Grade,
		"evidence": len(events), "mine": mine, "rejections": len(refused), "reasons": slices.Compact(reasons)}
}

func main() {
	var said any
	if os.Args[1] == "post" {
		said = []any{post(os.Getenv("SOURCE")), post("somebody-else")}
	} else {
		said = read()
	}
	check(json.NewEncoder(os.Stdout).Encode(said))
}
