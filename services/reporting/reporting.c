#include "reporting.h"

#include "messages/score_changed.h"
#include "store.h"

/* False without memory. */
static bool add_key(struct worker *w, struct store_keys *keys, const struct bus_message *m)
{
	struct score_changed key;
	if (score_changed_read(m->key, m->key_len, &key))
		return store_keys_add(keys, key.person, key.period_text);
	worker_pass_over(w, m, "its key names no score");
	return true;
}

static bool take(struct worker *w, struct store_keys *keys, int64_t *changed, struct err *e)
{
	bool ok = db_begin(w->db, e) && store_lock(w->db, keys, e) &&
		  store_take(w->db, keys, changed, e) && db_commit(w->db, e);
	if (!ok)
		db_rollback(w->db);
	return ok;
}

bool reporting_handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	struct store_keys keys;
	int64_t changed = 0;
	bool ok = true;
	store_keys_init(&keys);
	for (int i = 0; ok && i < n; i++)
		ok = add_key(w, &keys, &messages[i]) || err_set(e, ERR_FATAL, "out of memory");
	ok = ok && take(w, &keys, &changed, e);
	store_keys_done(&keys);
	if (ok)
		metric_add(service_metric_base() + REPORTING_SCORES, 0, (double)changed);
	return ok;
}
