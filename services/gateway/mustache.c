#include "mustache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 16, NAME = 64 };

/* A stretch of text, or a tag. */
struct piece {
	char kind; /* 't' text, 'v' variable, '#' '^' '/' sections, '>' partial */
	const char *text; /* text; what a partial's lines begin with */
	size_t len;
	char name[NAME];
	size_t end; /* sections: the place of the end */
	bool first; /* it begins a line that shows */
};

struct mustache {
	struct piece *pieces;
	size_t n, cap;
};

/* --- compiling */

struct compiler {
	struct mustache *m;
	const char *all, *at; /* the template, and where it is read */
	size_t open[DEPTH]; /* sections */
	int depth;
};

static bool refuse(const struct compiler *c, const char *at, const char *what, struct err *e)
{
	int line = 1;
	for (const char *p = c->all; p < at; p++)
		line += *p == '\n';
	return err_set(e, ERR_INVALID, "line %d: %s", line, what);
}

static struct piece *add(struct mustache *m, char kind, const char *text, size_t len, bool first)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 16;
		struct piece *more = realloc(m->pieces, cap * sizeof *more);
		if (!more)
			return NULL;
		m->pieces = more;
		m->cap = cap;
	}
	m->pieces[m->n] = (struct piece){.kind = kind, .text = text, .len = len, .first = first};
	return &m->pieces[m->n++];
}

struct tag {
	char kind; /* as a piece's; '!' a comment */
	const char *begin, *end; /* from the first brace to behind the last */
	const char *name;
	size_t name_len;
};

static bool read_tag(const struct compiler *c, const char *begin, struct tag *t, struct err *e)
{
	const char *p = begin + 2, *close = strstr(p, "}}");
	if (!close)
		return refuse(c, begin, "a tag has no end", e);
	*t = (struct tag){.kind = *p, .begin = begin, .end = close + 2};
	if (strchr("{&=$<", *p))
		return refuse(c, begin, "a kind of tag that is not used here", e);
	if (strchr("#^/>!", *p))
		p++;
	else
		t->kind = 'v';
	p += strspn(p, " \t\r\n");
	t->name = p;
	while (close > p && strchr(" \t\r\n", close[-1]))
		close--;
	t->name_len = (size_t)(close - p);
	if (t->kind != '!' && (t->name_len == 0 || t->name_len >= NAME))
		return refuse(c, begin, "a name is empty or too long", e);
	return true;
}

/* A tag that is no variable and has a line to itself takes the line with it: `begin` and `end` are
 * those of the line. */
static bool stands_alone(
	const struct compiler *c, const struct tag *t, const char **line, const char **after)
{
	const char *p = t->begin, *q = t->end + strspn(t->end, " \t");
	while (p > c->all && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	if (t->kind == 'v' || (p > c->all && p[-1] != '\n'))
		return false;
	if (q[0] == '\r' && q[1] == '\n')
		q++;
	if (*q != '\n' && *q != '\0')
		return false;
	*line = p;
	*after = *q ? q + 1 : q;
	return true;
}

static bool close_section(struct compiler *c, const struct tag *t, struct err *e)
{
	struct mustache *m = c->m;
	if (c->depth == 0 ||
		strcmp(m->pieces[c->open[c->depth - 1]].name, m->pieces[m->n - 1].name))
		return refuse(c, t->begin, "what ends here is not what began last", e);
	m->pieces[c->open[--c->depth]].end = m->n - 1;
	return true;
}

static bool begins_line(const struct compiler *c, const char *p)
{
	return p == c->all || p[-1] == '\n';
}

static bool take_tag(
	struct compiler *c, const struct tag *t, const char *line, bool alone, struct err *e)
{
	struct piece *x = t->kind == '!' ? NULL
					 : add(c->m, t->kind, line, (size_t)(t->begin - line),
						   !alone && begins_line(c, line));
	if (t->kind == '!')
		return true;
	if (!x)
		return err_set(e, ERR_FATAL, "out of memory");
	memcpy(x->name, t->name, t->name_len);
	if (t->kind == '/')
		return close_section(c, t, e);
	if (t->kind != '#' && t->kind != '^')
		return true;
	if (c->depth == DEPTH)
		return refuse(c, t->begin, "sections lie too deep", e);
	c->open[c->depth++] = c->m->n - 1;
	return true;
}

static bool compile(struct compiler *c, struct err *e)
{
	while (*c->at) {
		struct tag t = {0};
		const char *begin = strstr(c->at, "{{"), *line = begin, *after;
		if (begin && !read_tag(c, begin, &t, e))
			return false;
		bool alone = begin && stands_alone(c, &t, &line, &after);
		size_t len = begin ? (size_t)(line - c->at) : strlen(c->at);
		if (len && !add(c->m, 't', c->at, len, begins_line(c, c->at)))
			return err_set(e, ERR_FATAL, "out of memory");
		if (!begin)
			return true;
		if (!take_tag(c, &t, line, alone, e))
			return false;
		c->at = alone ? after : t.end;
	}
	return true;
}

struct mustache *mustache_new(const char *text, struct err *e)
{
	struct compiler c = {.m = calloc(1, sizeof *c.m), .all = text, .at = text};
	bool ok = c.m ? compile(&c, e) : err_set(e, ERR_FATAL, "out of memory");
	if (ok && c.depth)
		ok = refuse(&c, text, "a section has no end", e);
	if (ok)
		return c.m;
	mustache_free(c.m);
	return NULL;
}

void mustache_free(struct mustache *m)
{
	if (!m)
		return;
	free(m->pieces);
	free(m);
}

void mustache_names(
	const struct mustache *m, void (*each)(void *arg, char kind, const char *name), void *arg)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->pieces[i].kind != 't' && m->pieces[i].kind != '/')
			each(arg, m->pieces[i].kind == 'v' ? '\0' : m->pieces[i].kind,
				m->pieces[i].name);
}

/* --- rendering */

/* Where names are looked up, from the innermost outwards. */
struct frame {
	const json_t *value;
	const struct frame *outer;
};

static void lack(struct mustache_job *job, const char *name)
{
	if (!*job->missing)
		snprintf(job->missing, sizeof job->missing, "%s", name);
}

/* The first part of "a.b.c" decides in which frame; NULL: there is no such value. */
static const json_t *find(const struct frame *f, const char *name)
{
	size_t len = strcspn(name, ".");
	const json_t *v = NULL;
	char part[NAME];
	if (strcmp(name, ".") == 0)
		return f->value;
	snprintf(part, sizeof part, "%.*s", (int)len, name);
	for (; f && !v; f = f->outer)
		v = json_object_get(f->value, part);
	while (v && name[len]) {
		name += len + 1;
		len = strcspn(name, ".");
		snprintf(part, sizeof part, "%.*s", (int)len, name);
		v = json_object_get(v, part);
	}
	return v;
}

static const json_t *look_up(struct mustache_job *job, const struct frame *f, const char *name)
{
	const json_t *v = find(f, name);
	if (!v)
		lack(job, name);
	return v;
}

static bool is_nothing(const json_t *v)
{
	return !v || json_is_null(v) || json_is_false(v) ||
	       (json_is_array(v) && json_array_size(v) == 0) ||
	       (json_is_integer(v) && json_integer_value(v) == 0) ||
	       (json_is_string(v) && json_string_length(v) == 0);
}

static void add_escaped(struct buf *out, const char *text)
{
	static const char *const escapes[] = {['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#39;"};
	for (;;) {
		size_t len = strcspn(text, "&<>\"'");
		buf_add(out, text, len);
		if (!text[len])
			return;
		buf_adds(out, escapes[(unsigned char)text[len]]);
		text += len + 1;
	}
}

/* A partial's lines begin with what its tag's line began with. */
static void add_text(struct mustache_job *job, const struct piece *x)
{
	const char *p = x->text, *end = p + x->len, *next;
	while (job->indent && (next = memchr(p, '\n', (size_t)(end - p))) && ++next < end) {
		buf_add(job->out, p, (size_t)(next - p));
		buf_add(job->out, job->indentation, job->indent);
		p = next;
	}
	buf_add(job->out, p, (size_t)(end - p));
}

static void add_variable(struct mustache_job *job, const struct frame *f, const char *name)
{
	const json_t *v = look_up(job, f, name);
	if (json_is_string(v))
		add_escaped(job->out, json_string_value(v));
	else if (json_is_integer(v))
		buf_addf(job->out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (!is_nothing(v))
		lack(job, name); /* it cannot be shown */
}

static void render(struct mustache_job *job, const struct mustache *m, size_t from, size_t to,
	const struct frame *f);

static void add_section(
	struct mustache_job *job, const struct mustache *m, size_t at, const struct frame *f)
{
	const struct piece *x = &m->pieces[at];
	const json_t *v = look_up(job, f, x->name), *one;
	size_t i;
	if (is_nothing(v) != (x->kind == '^'))
		return;
	if (x->kind == '^' || !json_is_array(v)) {
		const struct frame inner = {v, f};
		render(job, m, at + 1, x->end, x->kind == '^' ? f : &inner);
		return;
	}
	json_array_foreach (v, i, one) {
		const struct frame inner = {one, f};
		render(job, m, at + 1, x->end, &inner);
	}
}

static void add_partial(struct mustache_job *job, const struct piece *x, const struct frame *f)
{
	const struct mustache *m = job->partial ? job->partial(job->arg, x->name) : NULL;
	if (!m || job->depth == DEPTH) {
		lack(job, x->name);
		return;
	}
	size_t indent = job->indent;
	if (indent + x->len > sizeof job->indentation) {
		lack(job, x->name);
		return;
	}
	memcpy(job->indentation + indent, x->text, x->len);
	job->indent += x->len;
	job->depth++;
	render(job, m, 0, m->n, f);
	job->depth--;
	job->indent = indent;
}

static void render(struct mustache_job *job, const struct mustache *m, size_t from, size_t to,
	const struct frame *f)
{
	for (size_t i = from; i < to; i++) {
		const struct piece *x = &m->pieces[i];
		if (x->first)
			buf_add(job->out, job->indentation, job->indent);
		if (x->kind == 't') {
			add_text(job, x);
		} else if (x->kind == 'v') {
			add_variable(job, f, x->name);
		} else if (x->kind == '>') {
			add_partial(job, x, f);
		} else if (x->kind != '/') {
			add_section(job, m, i, f);
			i = x->end;
		}
	}
}

void mustache_render(struct mustache_job *job, const struct mustache *m, const json_t *values)
{
	const struct frame f = {values, NULL};
	render(job, m, 0, m->n, &f);
}
