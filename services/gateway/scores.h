/* scores: people's scores as many ask for them at the same moment: one statement reads them all and
 * writes down who looks at whose, and its commit is before every answer. */
#pragma once

#include "visit.h"

/* The connections that it takes are the pool's. NULL without memory or threads. */
struct together *scores_new(struct pool *pool);
/* Answers the visit later: 404 where there is no score, which is no look at anybody. */
bool scores_answer(struct visit *v, struct err *e) MUST_CHECK;
