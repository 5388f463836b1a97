#include "appraisal/survey.h"

#include <string.h>

enum { LEAST_INDEX = 2500, MOST_INDEX = 10000, A_FROM = 8831, B_FROM = 7661, C_FROM = 6500 };
enum { Z = 196, ONE = 100 }; /* 1.96 */

const char *const survey_element_names[SURVEY_MEASURED + 1] = {
	[SURVEY_REQUIREMENTS] = "requirements",
	[SURVEY_PROCEDURE] = "procedure",
	[SURVEY_COMPLETION_TIME] = "completion_time",
	[SURVEY_COST] = "cost",
	[SURVEY_PRODUCT] = "product",
	[SURVEY_COMPETENCE] = "competence",
	[SURVEY_BEHAVIOUR] = "behaviour",
	[SURVEY_FACILITIES] = "facilities",
	[SURVEY_COMPLAINT_HANDLING] = "complaint_handling",
	[SURVEY_OVERALL] = "overall",
};

bool survey_element_parse(const char *text, enum survey_element *out)
{
	for (int i = 0; i < SURVEY_MEASURED; i++)
		if (strcmp(survey_element_names[i], text) == 0) {
			*out = (enum survey_element)i;
			return true;
		}
	return false;
}

void survey_sums_add(struct survey_sums *to, const struct survey_sums *more)
{
	to->n += more->n;
	to->squares += more->squares;
	for (int i = 0; i < SURVEY_ELEMENTS; i++)
		to->sums[i] += more->sums[i];
}

int64_t survey_sums_all(const struct survey_sums *s)
{
	int64_t all = 0;
	for (int i = 0; i < SURVEY_ELEMENTS; i++)
		all += s->sums[i];
	return all;
}

dec_wide survey_index(const struct survey_sums *s)
{
	return dec_div(
		(dec_wide)survey_sums_all(s) * LEAST_INDEX, (dec_wide)s->n * SURVEY_ELEMENTS);
}

dec_wide survey_element_index(const struct survey_sums *s, enum survey_element element)
{
	return dec_div((dec_wide)s->sums[element] * LEAST_INDEX, s->n);
}

dec_wide survey_element_mean(const struct survey_sums *s, enum survey_element element)
{
	return dec_div((dec_wide)s->sums[element] * DEC_SHOWN, s->n);
}

char survey_grade(dec_wide index)
{
	static const dec_wide from[] = {A_FROM, B_FROM, C_FROM};
	char grade = 'A';
	for (int i = 0; i < 3 && index < from[i]; i++)
		grade++;
	return grade;
}

/* The greatest whole number whose square is not above v. */
static dec_wide root(dec_wide v)
{
	dec_wide found = 0;
	for (dec_wide bit = (dec_wide)1 << 62; bit > 0; bit >>= 1)
		if ((found + bit) * (found + bit) <= v)
			found += bit;
	return found;
}

/* ⌈√(a/b)⌉ */
static dec_wide root_up(dec_wide a, dec_wide b)
{
	dec_wide down = root(a / b);
	return down * down * b < a ? down + 1 : down;
}

static dec_wide within(dec_wide index)
{
	return index < LEAST_INDEX ? LEAST_INDEX : index > MOST_INDEX ? MOST_INDEX : index;
}

/* With S the sum of all answers, D = n·Σt² − S² of the answers' own sums t, and half a hundredth
 * for rounding, the bounds are (2·2500·S + 9n ± √(4·2500²·1.96²·D/(n−1))) / 18n, cut to whole
 * hundredths: of a root only its whole part matters. */
bool survey_interval(const struct survey_sums *s, dec_wide *low, dec_wide *high)
{
	if (s->n < 2)
		return false;
	dec_wide sum = survey_sums_all(s), n = s->n, times = 2 * LEAST_INDEX / ONE * Z;
	dec_wide spread = times * times * (n * s->squares - sum * sum);
	dec_wide middle = 2 * LEAST_INDEX * sum + SURVEY_ELEMENTS * n;
	dec_wide under = 2 * SURVEY_ELEMENTS * n;
	dec_wide least = middle - root_up(spread, n - 1);
	*low = least < 0 ? LEAST_INDEX : within(least / under);
	*high = within((middle + root(spread / (n - 1))) / under);
	return true;
}

/* 3.841·N·0.25 / (0.0025·(N−1) + 3.841·0.25), in units of 0.00001. */
int64_t survey_sample(int64_t population)
{
	enum { CHI = 96025, ERROR = 250 };
	return population <= 0 ? 0
			       : (int64_t)dec_div((dec_wide)CHI * population,
					 (dec_wide)ERROR * (population - 1) + CHI);
}

dec_wide survey_shrunk(
	const struct survey_prior *prior, int64_t n, int64_t sum, int64_t parts, int64_t scale)
{
	return dec_div(prior->mean * prior->weight * parts + (dec_wide)sum * scale,
		(dec_wide)(prior->weight + n) * parts);
}

/* (2·yes + z² − z·√(z² + 4·yes·no/n)) / 2(n + z²), everything times 10^4, and that times 10^4. */
dec_wide survey_wilson(int64_t yes, int64_t n)
{
	const dec_wide square = Z * Z, big = DEC_VALUE; /* z² in units of 0.0001 */
	dec_wide under = 2 * (n * big + square);
	dec_wide above = big * (2 * yes * big + square);
	dec_wide root_of = big * big * square * (square * n + 4 * big * yes * (n - yes));
	dec_wide least = 2 * above + under - root_up(4 * root_of, n);
	return least < 0 ? 0 : least / (2 * under);
}
