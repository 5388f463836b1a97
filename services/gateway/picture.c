#include "picture.h"

enum { STEP = 20, LINE_TOP = 120, COLUMN = 14, COLUMN_TOP = 60 };

json_t *picture_dot(int month, dec_wide score)
{
	char y[DEC_TEXT];
	return json_pack("{s:i, s:s}", "x", STEP / 2 + STEP * month, "y",
		dec_format_shown(LINE_TOP * DEC_SHOWN - score, y));
}

json_t *picture_column(int n, dec_wide realized, dec_wide target, dec_wide most)
{
	char height[DEC_TEXT], top[DEC_TEXT], goal[DEC_TEXT];
	int x = (STEP - COLUMN) / 2 + STEP * n;
	dec_wide all = most > 0 ? most : 1, done = realized > 0 ? realized : 0,
		 high = dec_div(done * COLUMN_TOP * DEC_SHOWN, all);
	return json_pack("{s:i, s:s, s:s, s:s}", "x", x, "top",
		dec_format_shown(COLUMN_TOP * DEC_SHOWN - high, top), "height",
		dec_format_shown(high, height), "goal_y",
		dec_format_shown(
			COLUMN_TOP * DEC_SHOWN - dec_div(target * COLUMN_TOP * DEC_SHOWN, all),
			goal));
}

json_t *picture_bar(
	int scale, const char *width, const char *class, const char *goal, const char *now)
{
	return json_pack("{s:i, s:s, s:s, s:s?, s:s?}", "scale", scale, "width", width, "class",
		class, "goal", goal, "now", now);
}

const char *picture_share(int64_t part, int64_t whole, char out[DEC_TEXT])
{
	return dec_format_shown(
		dec_div((dec_wide)part * 100 * DEC_SHOWN, whole > 0 ? whole : 1), out);
}
