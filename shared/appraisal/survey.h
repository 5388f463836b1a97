/* survey: the arithmetic of citizens' answers (domain.md, "Citizens' satisfaction survey"). Pure:
 * sums in, figures out; exact integers throughout, each figure rounded half-up once.
 *
 * An answer is nine whole numbers of 1 to 4. Indices are in hundredths (DEC_SHOWN): 9148 is 91.48.
 * Within 10^9 answers nothing overflows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"

/* In the law's order. */
enum survey_element {
	SURVEY_REQUIREMENTS,
	SURVEY_PROCEDURE,
	SURVEY_COMPLETION_TIME,
	SURVEY_COST,
	SURVEY_PRODUCT,
	SURVEY_COMPETENCE,
	SURVEY_BEHAVIOUR,
	SURVEY_FACILITIES,
	SURVEY_COMPLAINT_HANDLING,
	SURVEY_ELEMENTS,
	SURVEY_OVERALL = SURVEY_ELEMENTS, /* an answer's mean of its nine */
	SURVEY_MEASURED
};
enum { SURVEY_WORST = 1, SURVEY_BEST = 4 };

extern const char *const survey_element_names[SURVEY_MEASURED + 1]; /* "overall" last, then NULL */
bool survey_element_parse(const char *text, enum survey_element *out);

/* Several answers, added up. */
struct survey_sums {
	int64_t n;
	int64_t sums[SURVEY_ELEMENTS];
	int64_t squares; /* of each answer's sum of its nine */
};
void survey_sums_add(struct survey_sums *to, const struct survey_sums *more);
int64_t survey_sums_all(const struct survey_sums *s); /* of all nine */

/* Of at least one answer: Σ of all answers / (9n) · 25; the same of one element, and its mean. */
dec_wide survey_index(const struct survey_sums *s);
dec_wide survey_element_index(const struct survey_sums *s, enum survey_element element);
dec_wide survey_element_mean(const struct survey_sums *s, enum survey_element element);
char survey_grade(dec_wide index); /* 'A' to 'D', of the rounded index */

/* index ± 1.96·s/√n over the answers' own indices, s with n − 1, within 25.00 and 100.00. False
 * with fewer than two answers, of which nothing is known. */
bool survey_interval(const struct survey_sums *s, dec_wide *low, dec_wide *high);

/* How many of a population are to be asked (Krejcie and Morgan, 95 %, 5 %). */
int64_t survey_sample(int64_t population);

/* (weight·prior + sum/parts) / (weight + n): the mean of few answers, drawn to what was expected
 * before. `prior` and the result in units of 1/scale. weight + n is not 0. */
struct survey_prior {
	dec_wide mean;
	int64_t weight;
};
dec_wide survey_shrunk(
	const struct survey_prior *prior, int64_t n, int64_t sum, int64_t parts, int64_t scale);

/* The lower bound of Wilson's interval of a share, yes out of n, z = 1.96, in units of 0.0001; n is
 * above 0, and below 10^6. */
dec_wide survey_wilson(int64_t yes, int64_t n);
