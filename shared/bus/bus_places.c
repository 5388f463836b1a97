#include "bus/bus_places.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What comes back has no end of its own: a full stop is behind the last figure. */
const char *bus_mark_format(const struct bus_mark *m, char out[BUS_MARK_TEXT])
{
	snprintf(out, BUS_MARK_TEXT, "terukur %" PRId64 " %" PRId64 " %zu .", m->offset, m->at,
		m->len);
	return out;
}

bool bus_mark_parse(const char *text, struct bus_mark *out)
{
	return text && sscanf(text, "terukur %" SCNd64 " %" SCNd64 " %zu", &out->offset, &out->at,
			       &out->len) == 3;
}

void bus_places_done(struct bus_places *p)
{
	for (int i = 0; i < p->n; i++)
		free(p->list[i].topic);
	free(p->list);
	*p = (struct bus_places){0};
}

void bus_place_init(struct bus_place *at, char *topic, int32_t partition)
{
	*at = (struct bus_place){.topic = topic,
		.partition = partition,
		.committed = -1,
		.end = -1,
		.known = {.offset = -1},
		.last = {.offset = -1},
		.done = {.offset = -1},
		.anew = -1};
}

struct bus_place *bus_places_add(struct bus_places *p, const char *topic, int32_t partition)
{
	struct bus_place *list = realloc(p->list, (size_t)(p->n + 1) * sizeof *list);
	if (!list)
		return NULL;
	p->list = list;
	bus_place_init(&list[p->n], strdup(topic), partition);
	return list[p->n].topic ? &list[p->n++] : NULL;
}

static bool bus_place_is(const struct bus_place *p, const char *topic, int32_t partition)
{
	return p->partition == partition && strcmp(p->topic, topic) == 0;
}

struct bus_place *bus_places_find(struct bus_places *p, const char *topic, int32_t partition)
{
	if (p->at < p->n && bus_place_is(&p->list[p->at], topic, partition))
		return &p->list[p->at];
	for (p->at = 0; p->at < p->n; p->at++)
		if (bus_place_is(&p->list[p->at], topic, partition))
			return &p->list[p->at];
	return NULL;
}
