#include "scores.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 128 /* at once */ };

struct look {
	struct together_item item; /* the first, so that its address is the look's */
	struct visit *visit;
	struct store_look what;
	const char *body; /* NULL: there is none */
};

static void tell(struct look *look, const struct err *e)
{
	struct visit *v = look->visit;
	if (e->code != ERR_NONE)
		v->route->face->failed(v, e);
	else if (look->body)
		http_body(v->request, 200, "application/json", look->body, strlen(look->body));
	else
		http_problem(v->request, 404, "not_found",
			"there is no score for this person in this period");
	free(look);
	http_done(v->request);
}

static bool read(struct pool *pool, const struct store_look *const *whats, int n,
	struct db_result **out, struct err *e)
{
	for (int left = POOL_TRIES;;) {
		struct err why = {0};
		struct db *db = pool_take(pool, POOL_FOR_ALL, &why);
		bool ok = db && store_scores(db, whats, n, out, &why);
		pool_give(pool, db);
		if (ok || !db || why.code != ERR_RETRY || --left == 0)
			return ok || err_set(e, why.code, "%s", why.text);
	}
}

/* What fails, fails for each of them. */
static void run(void *arg, struct together_item *items)
{
	struct look *looks[MOST];
	const struct store_look *whats[MOST];
	struct err e = {0};
	DB_RESULT_AUTO *r = NULL;
	int n = 0;
	for (struct together_item *x = items; x; x = x->next, n++) {
		looks[n] = (struct look *)x;
		whats[n] = &looks[n]->what;
	}
	bool ok = read(arg, whats, n, &r, &e);
	for (int i = 0; ok && i < db_rows(r); i++)
		looks[db_int(r, i, 0)]->body = db_text(r, i, 1);
	for (int i = 0; i < n; i++)
		tell(looks[i], &e);
}

struct together *scores_new(struct pool *pool)
{
	return together_new(run, pool, MOST);
}

bool scores_answer(struct visit *v, struct err *e)
{
	struct look *look = malloc(sizeof *look);
	if (!look)
		return err_set(e, ERR_FATAL, "out of memory");
	*look = (struct look){
		.visit = v,
		.what = {visit_access(v, "score"), v->person},
	};
	http_later(v->request);
	together_add(v->gateway->scores, &look->item);
	/* cppcheck-suppress memleak; tell() frees it, by its item */
	return true;
}
