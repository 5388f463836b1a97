/* api: the routes under /api/v1. The contract is schemas/openapi.yaml. */
#pragma once

#include "visit.h"

/* A bearer token, problem documents. */
extern const struct face api_face;

/* A visit's `type` for POST /events: one event, a batch, or one in binary mode. */
#define API_EVENT "application/cloudevents+json"
#define API_BATCH "application/cloudevents-batch+json"
#define API_BINARY "binary"
bool api_takes_events(struct visit *v); /* sets it; or answers 415 and returns false */

/* The routes' work. */
/* Of JSON alone; answers 415 and returns false otherwise. */
bool api_takes_json(struct visit *v);
bool api_post_events(struct visit *v, struct err *e);
bool api_get_event(struct visit *v, struct err *e);
bool api_get_rejections(struct visit *v, struct err *e);
bool api_get_score(struct visit *v, struct err *e);
bool api_get_evidence(struct visit *v, struct err *e);
bool api_get_inbox(struct visit *v, struct err *e);
bool api_get_agency_scores(struct visit *v, struct err *e);
bool api_get_agency_report(struct visit *v, struct err *e);
bool api_get_agencies(struct visit *v, struct err *e);
bool api_post_feedback(struct visit *v, struct err *e);
bool api_get_feedback(struct visit *v, struct err *e);
bool api_get_public_agency(struct visit *v, struct err *e);
bool api_get_contract(struct visit *v, struct err *e);

/* Bytes in base64; null for NULL. */
json_t *api_base64(const void *data, size_t len);
/* Answers with a page of a list: an item for each row but the one too many, and the cursor of the
 * next page; NULL: it is the last. */
bool api_page(struct visit *v, json_t *items, const struct cursor *next);
