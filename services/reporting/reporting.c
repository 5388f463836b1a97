#include "reporting.h"

#include <string.h>

#include "base/digest.h"
#include "base/period.h"
#include "store.h"

/* Adds "<person>/<period>", the key of score.changed; what is something else is passed over. False
 * without memory. */
static bool add_key(struct store_keys *keys, const struct bus_message *m)
{
	char text[DIGEST_UUID_TEXT + PERIOD_TEXT];
	uint8_t person[DIGEST_KEY];
	struct period p;
	if (!m->key || m->key_len < DIGEST_UUID_TEXT || m->key_len >= sizeof text)
		return true;
	memcpy(text, m->key, m->key_len);
	text[m->key_len] = '\0';
	char *slash = text + DIGEST_UUID_TEXT - 1;
	if (*slash != '/')
		return true;
	*slash = '\0';
	return !digest_uuid_parse(text, person) || !period_parse(slash + 1, &p) ||
	       store_keys_add(keys, person, slash + 1);
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
		ok = add_key(&keys, &messages[i]) || err_set(e, ERR_FATAL, "out of memory");
	ok = ok && take(w, &keys, &changed, e);
	store_keys_done(&keys);
	if (ok)
		metric_add(service_metric_base() + REPORTING_SCORES, 0, (double)changed);
	return ok;
}
