/* api_agencies: the agencies for everybody, their people's scores for heads and auditors. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "assets.h"
#include "base/csv.h"
#include "base/digest.h"
#include "visit.h"

static bool get_agencies(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (visit_refused(v) || !store_agencies(v->db, &r, e))
		return false;
	json_t *agencies = json_array();
	for (int i = 0; i < db_rows(r); i++)
		json_array_append_new(agencies, json_pack("{s:s, s:s}", "code", db_text(r, i, 0),
							"name", db_text(r, i, 1)));
	return http_json(v->request, 200, json_pack("{s:o}", "agencies", agencies));
}

bool api_get_agencies(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_DATABASE, (const char *const[]){NULL}, get_agencies);
}

static bool log_page(
	struct visit *v, const char *period, const struct db_result *r, int n, struct err *e)
{
	const struct access access = {
		v->who.token, v->now, "score", period, v->request->request_id};
	struct db_array people;
	bool ok = true;
	db_array_init(&people, DB_K_UUID);
	for (int i = 0; i < n; i++)
		ok = db_array_add(&people, DB_UUID(store_agency_score_person(r, i))) && ok;
	ok = ok ? store_access(v->db, &access, &people, e) : err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&people);
	return ok;
}

static bool answer_scores(struct visit *v, const char *list, const struct db_result *r, int n)
{
	json_t *items = json_array();
	struct cursor last = {0};
	for (int i = 0; i < n; i++)
		json_array_append_new(items, json_loads(store_agency_score_body(r, i), 0, NULL));
	if (n > 0)
		memcpy(last.key, store_agency_score_person(r, n - 1), sizeof last.key);
	return http_json(v->request, 200, visit_page(items, db_rows(r) > n ? &last : NULL, list));
}

/* Auditors see every agency, heads their own; otherwise it has been answered. */
static bool may_see_agency(struct visit *v, const char *agency, struct err *e)
{
	bool known;
	if (v->who.role != ROLE_AUDITOR &&
		(v->who.role != ROLE_HEAD || strcmp(v->who.agency, agency) != 0))
		return visit_forbidden(v);
	if (!store_agency_known(v->db, agency, &known, e))
		return false;
	return known || visit_not_found(v, "there is no such agency");
}

static bool get_agency_scores(struct visit *v, struct err *e)
{
	const char *agency = v->request->params[0], *name = http_query(v->request, "period");
	struct period period;
	struct cursor after;
	char list[256];
	DB_RESULT_AUTO *r = NULL;
	visit_period(v, name, &period);
	snprintf(list, sizeof list, "agency %.130s %.20s", agency, name ? name : "");
	bool later = visit_cursor(v, list, &after);
	if (visit_refused(v))
		return false;
	if (!may_see_agency(v, agency, e) ||
		!store_agency_scores(v->db, agency, period, later ? after.key : NULL, &r, e))
		return false;
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	return log_page(v, name, r, n, e) && answer_scores(v, list, r, n);
}

bool api_get_agency_scores(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_TOKEN, (const char *const[]){"period", "cursor", NULL},
		get_agency_scores);
}

enum { REPORT_BYTES = 16 * 1024 * 1024, REPORT_COLUMNS = 7 };

static bool report_row(struct buf *csv, const struct db_result *r, int row)
{
	char person[DIGEST_UUID_TEXT];
	const char *fields[REPORT_COLUMNS] = {digest_uuid_format(db_uuid(r, row, 0), person)};
	for (int i = 1; i < REPORT_COLUMNS; i++)
		fields[i] = db_is_null(r, row, i) ? NULL : db_text(r, row, i);
	return csv_row(csv, fields, REPORT_COLUMNS);
}

static bool get_agency_report(struct visit *v, struct err *e)
{
	static const char *const head[REPORT_COLUMNS] = {
		"person", "name", "unit", "results", "rating", "missing", "revision"};
	const char *agency = http_query(v->request, "agency"),
		   *name = http_query(v->request, "period");
	struct period period;
	DB_RESULT_AUTO *r = NULL;
	if (!agency)
		visit_wrong(v, "agency", "is required");
	visit_period(v, name, &period);
	if (visit_refused(v) || !may_see_agency(v, agency, e) ||
		!store_agency_report(v->db, agency, name, &r, e) ||
		!log_page(v, name, r, db_rows(r), e))
		return false;
	BUF_AUTO csv;
	buf_init(&csv, REPORT_BYTES);
	csv_row(&csv, head, REPORT_COLUMNS);
	for (int i = 0; i < db_rows(r); i++)
		report_row(&csv, r, i);
	if (csv.failed)
		return err_set(e, ERR_FATAL, "the report of %d people is over %d bytes", db_rows(r),
			REPORT_BYTES);
	return http_body(
		v->request, 200, "text/csv; charset=utf-8; header=present", csv.data, csv.len);
}

bool api_get_agency_report(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_TOKEN, (const char *const[]){"agency", "period", NULL},
		get_agency_report);
}

static bool get_contract(struct visit *v, struct err *e)
{
	(void)e;
	return !visit_refused(v) &&
	       http_static(v->request, "application/json", openapi_json, openapi_json_len);
}

bool api_get_contract(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_NOTHING, (const char *const[]){NULL}, get_contract);
}
