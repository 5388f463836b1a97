/* api: the routes under /api/v1. The contract is schemas/openapi.yaml. */
#pragma once

#include <stdbool.h>

#include "http/http.h"

/* Whether a request may have the body that its route takes. */
bool api_admit(void *gateway, struct http_request *r);

bool api_post_events(void *gateway, struct http_request *r);
bool api_get_rejections(void *gateway, struct http_request *r);
bool api_get_score(void *gateway, struct http_request *r);
bool api_get_evidence(void *gateway, struct http_request *r);
bool api_get_inbox(void *gateway, struct http_request *r);
bool api_get_agency_scores(void *gateway, struct http_request *r);
bool api_get_agency_report(void *gateway, struct http_request *r);
bool api_get_agencies(void *gateway, struct http_request *r);
bool api_get_contract(void *gateway, struct http_request *r);
