/* api_agencies: the agencies for everybody, their people's scores for heads and auditors. */
#include <string.h>

#include "api.h"
#include "assets.h"
#include "base/dec.h"
#include "base/digest.h"
#include "download.h"
#include "kept.h"
#include "public_survey.h"

static json_t *list_agencies(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct public_survey s;
	struct period quarter = public_last_full(v->now, PERIOD_QUARTER);
	if (!store_agencies(v->db, &r, e) || !public_survey_load(&s, v, quarter, NULL, e))
		return NULL;
	json_t *agencies = json_array();
	for (int i = 0; i < db_rows(r); i++)
		json_array_append_new(
			agencies, public_agency_row(&s, db_text(r, i, 0), db_text(r, i, 1)));
	public_survey_done(&s);
	return json_pack("{s:o}", "agencies", agencies);
}

bool api_get_agencies(struct visit *v, struct err *e)
{
	return kept_answer(v, list_agencies, e);
}

static bool answer_scores(struct visit *v, const struct db_result *r, int n)
{
	json_t *items = json_array();
	struct cursor last = {0};
	for (int i = 0; i < n; i++)
		json_array_append_new(items, json_loads(store_agency_score_body(r, i), 0, NULL));
	if (n > 0)
		memcpy(last.key, store_agency_score_person(r, n - 1), sizeof last.key);
	return api_page(v, items, db_rows(r) > n ? &last : NULL);
}

bool api_get_agency_scores(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!store_agency_scores(
		    v->db, v->agency, v->period, v->later ? v->after.key : NULL, &r, e))
		return false;
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	return visit_log_rows(v, "score", r, n, e) && answer_scores(v, r, n);
}

enum { REPORT_COLUMNS = 7, REPORT_RESULTS = 3 };

static void report_row(const struct visit *v, struct buf *csv, const struct db_result *r, int row)
{
	char person[DIGEST_UUID_TEXT], results[DEC_TEXT];
	const char *fields[REPORT_COLUMNS] = {digest_uuid_format(db_uuid(r, row, 0), person)};
	for (int i = 1; i < REPORT_COLUMNS; i++)
		fields[i] = db_is_null(r, row, i) ? NULL : db_text(r, row, i);
	if (fields[REPORT_RESULTS])
		fields[REPORT_RESULTS] = download_figure(v, fields[REPORT_RESULTS], results);
	download_row(v, csv, fields, REPORT_COLUMNS);
}

bool api_get_agency_report(struct visit *v, struct err *e)
{
	static const char *const head[REPORT_COLUMNS] = {
		"person", "name", "unit", "results", "rating", "missing", "revision"};
	static const struct download file = {REPORT_COLUMNS, head, report_row};
	DB_RESULT_AUTO *r = NULL;
	return store_agency_report(v->db, v->agency, v->period_name, &r, e) &&
	       visit_log_rows(v, "score", r, db_rows(r), e) &&
	       download_send(v, &file, r, db_rows(r), e);
}

bool api_get_contract(struct visit *v, struct err *e)
{
	(void)e;
	return http_static(v->request, "application/json", openapi_json, openapi_json_len);
}
