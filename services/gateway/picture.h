/* picture: where the shapes of the pages' pictures lie, as values for their pieces of HTML:
 * chart.html, columns.html, bar.html. Each stands beside a table of the same figures. Pure; figures
 * in hundredths. */
#pragma once

#include <jansson.h>

#include "base/dec.h"

/* A month's score on the line of a year: 240 wide, a point for each of a score's from 120 down. */
json_t *picture_dot(int month, dec_wide score);
/* A month's realised figure as a column, number `n` of a row of 12, its target as a line across it;
 * `most` is what reaches to the top. */
json_t *picture_column(int n, dec_wide realized, dec_wide target, dec_wide most);
/* A bar from 0 to `scale`, in the colour of a rating; `goal` and `now` are marks, NULL for none. */
json_t *picture_bar(
	int scale, const char *width, const char *class, const char *goal, const char *now);
/* How wide a part of a whole is on a bar of 100. */
const char *picture_share(int64_t part, int64_t whole, char out[DEC_TEXT]);
