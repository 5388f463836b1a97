/* pace: how far an indicator that adds up is while its period runs. Pure; figures in hundredths,
 * see dec.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"

struct pace {
	dec_wide expected; /* target × elapsed service days / service days, rounded half-up */
	dec_wide gap; /* realised − expected */
	bool less; /* less is better */
	bool behind; /* too little, or too much where less is better */
};

/* Of a range, `target` is the bound that it leads to: the upper one where less is better, else the
 * lower. `elapsed` are the service days before today, `all` those of the period, more than 0. */
struct pace pace_of(dec_wide target, dec_wide realized, int64_t elapsed, int64_t all, bool less);

/* What is expected as it is said to people, without a precision that it has not: about so many. */
dec_wide pace_said(dec_wide expected, dec_wide target, bool count);
