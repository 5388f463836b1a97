#include "web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"
#include "base/log.h"
#include "mustache.h"

/* A page, a piece, or the words of a key. */
struct entry {
	const char *name, *text;
	struct mustache *template;
};

struct shelf {
	struct entry *entries; /* by name */
	size_t n, cap;
};

struct web {
	struct shelf pages, words[LANGUAGES];
	char *files[LANGUAGES]; /* the words' texts, cut into keys and values */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static const struct entry *shelf_find(const struct shelf *s, const char *name)
{
	const struct entry key = {.name = name};
	return s->n ? bsearch(&key, s->entries, s->n, sizeof key, by_name) : NULL;
}

static bool shelf_add(struct shelf *s, const char *name, const char *text, struct err *e)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		struct entry *more = realloc(s->entries, cap * sizeof *more);
		if (!more)
			return err_set(e, ERR_FATAL, "out of memory");
		s->entries = more;
		s->cap = cap;
	}
	struct mustache *m = mustache_new(text, e);
	if (!m)
		return err_wrap(e, "%s", name);
	s->entries[s->n++] = (struct entry){name, text, m};
	return true;
}

static void shelf_done(struct shelf *s)
{
	for (size_t i = 0; i < s->n; i++)
		mustache_free(s->entries[i].template);
	free(s->entries);
}

/* --- reading */

const char *web_file(const char *name)
{
	for (size_t i = 0; i < web_files_len; i++)
		if (strcmp(web_files[i].name, name) == 0)
			return web_files[i].text;
	return NULL;
}

static bool read_pages(struct web *w, struct err *e)
{
	for (size_t i = 0; i < web_files_len; i++) {
		const char *dot = strrchr(web_files[i].name, '.');
		if (strcmp(dot, ".html") == 0 &&
			!shelf_add(&w->pages, web_files[i].name, web_files[i].text, e))
			return false;
	}
	qsort(w->pages.entries, w->pages.n, sizeof *w->pages.entries, by_name);
	return true;
}

/* A line "key = words"; one that begins with a tab goes on with the words of the line before. Cuts
 * the text. */
static bool read_words(struct shelf *s, char *text, struct err *e)
{
	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		while (next && next[1] == '\t') {
			*next = ' ';
			next[1] = ' ';
			next = strchr(next, '\n');
		}
		if (next)
			*next++ = '\0';
		if (*line == '#' || !*line)
			continue;
		char *equals = strstr(line, " = ");
		if (!equals)
			return err_set(e, ERR_INVALID, "no key in: %.60s", line);
		*equals = '\0';
		if (!shelf_add(s, line, equals + 3, e))
			return false;
	}
	qsort(s->entries, s->n, sizeof *s->entries, by_name);
	return true;
}

static bool read_language(struct web *w, int l, struct err *e)
{
	char name[] = "words.xx";
	memcpy(name + 6, language_codes[l], 2);
	const char *text = web_file(name);
	w->files[l] = text ? strdup(text) : NULL;
	return w->files[l] ? read_words(&w->words[l], w->files[l], e) || err_wrap(e, "%s", name)
			   : err_set(e, ERR_FATAL, "out of memory, or no %s", name);
}

struct web *web_new(struct err *e)
{
	struct web *w = calloc(1, sizeof *w);
	bool ok = w ? read_pages(w, e) : err_set(e, ERR_FATAL, "out of memory");
	for (int l = 0; ok && l < LANGUAGES; l++)
		ok = read_language(w, l, e);
	if (ok)
		return w;
	web_free(w);
	return NULL;
}

void web_free(struct web *w)
{
	if (!w)
		return;
	shelf_done(&w->pages);
	for (int l = 0; l < LANGUAGES; l++) {
		shelf_done(&w->words[l]);
		free(w->files[l]);
	}
	free(w);
}

/* --- showing */

struct reader {
	const struct web *web;
	enum language language;
};

static const struct mustache *partial(void *arg, const char *name)
{
	const struct reader *r = arg;
	const struct entry *x = strncmp(name, "w.", 2) == 0
					? shelf_find(&r->web->words[r->language], name + 2)
					: shelf_find(&r->web->pages, name);
	return x ? x->template : NULL;
}

bool web_render(const struct web *w, enum language language, const char *page, const json_t *values,
	struct buf *out)
{
	struct reader r = {w, language};
	struct mustache_job job = {.out = out, .partial = partial, .arg = &r};
	const struct mustache *m = partial(&r, page);
	if (m)
		mustache_render(&job, m, values);
	bool whole = m && !*job.missing;
	if (!whole)
		log_warn("a page lacks a value", LOG_S("page", page), LOG_S("name", job.missing));
	return whole;
}

const char *web_word(
	const struct web *w, enum language language, const char *group, const char *code)
{
	char key[160];
	snprintf(key, sizeof key, "%.60s.%.60s", group, code);
	const struct entry *x = shelf_find(&w->words[language], key);
	return x ? x->text : code;
}
