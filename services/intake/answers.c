#include "answers.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "batch.h"
#include "messages/feedback_submitted.h"
#include "store_answers.h"

static bool add(json_t *list, const struct feedback_submitted *m)
{
	char key[DIGEST_UUID_TEXT], day[CLOCK_TEXT];
	json_t *numbers = json_array();
	for (int i = 0; i < FEEDBACK_ELEMENTS; i++)
		json_array_append_new(
			numbers, json_integer((json_int_t)(m->elements[i] / DEC_VALUE)));
	return json_array_append_new(list,
		       json_pack("{s:s, s:s, s:s?, s:s, s:o}", "key",
			       digest_uuid_format(m->id, key), "agency", m->agency, "unit", m->unit,
			       "day", clock_date_format(m->on, day), "answer", numbers)) == 0;
}

static void count(int64_t given, int64_t stored)
{
	int metric = service_metric_base() + INTAKE_ANSWERS;
	metric_add(metric, 0, (double)stored);
	metric_add(metric, 1, (double)(given - stored));
}

bool answers_handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	json_auto_t *list = json_array();
	int64_t stored = 0;
	for (int i = 0; i < n; i++) {
		struct feedback_submitted m;
		json_auto_t *json = feedback_submitted_read(messages[i].data, messages[i].len, &m);
		if (!json)
			worker_pass_over(w, &messages[i], "it is no feedback");
		else if (!add(list, &m))
			return err_set(e, ERR_FATAL, "out of memory");
	}
	if (json_array_size(list) && !store_answers(w->db, list, &stored, e))
		return false;
	count((int64_t)json_array_size(list), stored);
	return true;
}

bool answers_mark(struct worker *w, struct err *e)
{
	return store_answer_marks(w->db, e);
}
