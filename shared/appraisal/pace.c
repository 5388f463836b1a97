#include "appraisal/pace.h"

struct pace pace_of(dec_wide target, dec_wide realized, int64_t elapsed, int64_t all, bool less)
{
	dec_wide expected = dec_div(target * elapsed, all), gap = realized - expected;
	return (struct pace){expected, gap, less, less ? gap > 0 : gap < 0};
}

dec_wide pace_said(dec_wide expected, dec_wide target, bool count)
{
	return count || target >= 10 * DEC_SHOWN ? dec_div(expected, DEC_SHOWN) * DEC_SHOWN
						 : expected;
}
