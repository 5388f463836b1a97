#include "wording.h"

#include <string.h>

static const char *const phrases[PHRASES][LANGUAGES] = {
	[PACE_MORE_TITLE] = {"{name}: tertinggal dari laju target",
		"{name}: behind the pace of the target"},
	[PACE_LESS_TITLE] = {"{name}: melampaui laju batasnya",
		"{name}: over the pace of the limit"},
	[PACE_VALUE_TITLE] = {"{name}: belum mencapai target", "{name}: not yet at the target"},
	[PACE_MORE] =
		{"Sejauh ini tercatat {realized} dari target {target} untuk {period}. {elapsed} "
		 "dari {total} hari "
		 "bertugas sudah lewat; pada laju menuju target, sekarang kira-kira {expected}.\n",
			"So far {realized} of the target of {target} for {period} are recorded. "
			"{elapsed} of {total} service days have passed; on the pace to the "
			"target it would be about {expected} by now.\n"},
	[PACE_MORE_NEED] =
		{"Target tercapai dengan {need} lagi dalam {left} hari bertugas yang tersisa, "
		 "kira-kira {daily} "
		 "per hari.\n",
			"{need} more in the {left} service days that are left reach the target, "
			"about {daily} a day.\n"},
	[PACE_LESS] =
		{"Sejauh ini tercatat {realized}; batas untuk {period} adalah {target}. {elapsed} "
		 "dari {total} hari "
		 "bertugas sudah lewat; pada laju menuju batas itu, sekarang kira-kira "
		 "{expected}.\n",
			"So far {realized} are recorded; the limit for {period} is {target}. "
			"{elapsed} of {total} service days have passed; on the pace to that "
			"limit it would be about {expected} by now.\n"},
	[PACE_LESS_ROOM] =
		{"Batas itu terjaga bila bertambah paling banyak {need} dalam {left} hari "
		 "bertugas yang "
		 "tersisa.\n",
			"The limit holds with at most {need} more in the {left} service days "
			"that are left.\n"},
	[PACE_LESS_OVER] =
		{"Batas itu sudah terlampaui sebanyak {need}; menahan penambahan dalam {left} "
		 "hari bertugas yang "
		 "tersisa tetap memperbaiki hasil.\n",
			"The limit is passed by {need}; holding further ones back in the {left} "
			"service days that are left still improves the result.\n"},
	[PACE_VALUE] =
		{"Sejauh ini nilainya {realized} dan targetnya {target} untuk {period} (catatan: "
		 "{events}). "
		 "{elapsed} dari {total} hari bertugas sudah lewat.\n",
			"So far it stands at {realized} against a target of {target} for {period} "
			"(records: {events}). {elapsed} of {total} service days have passed.\n"},
	[PACE_FOOT] =
		{"\nAngka ini mengikuti bukti yang sudah masuk; bukti yang masih di perjalanan "
		 "akan terhitung dengan "
		 "sendirinya. Pesan ini hanya untuk membantu Anda: sistem tidak memutuskan apa "
		 "pun.\n",
			"\nThe figures follow the evidence that has come in; what is still on "
			"its way will count by itself. This is only meant to help you: the "
			"system decides nothing.\n"},
	[CLOSED_TITLE] = {"Hasil kerja {period}: {rating}", "Results for {period}: {rating}"},
	[CLOSED_TITLE_UNRATED] = {"Hasil kerja {period}", "Results for {period}"},
	[CLOSED] = {"Periode {period} sudah berakhir. Hasil kerja Anda: {rating}. "
		    "Nilai {score} tidak menentukan hasil ini.\n\n",
		"Now that {period} is over, your results: {rating}. The score, {score}, does not "
		"decide this.\n\n"},
	[CLOSED_UNRATED] = {"Periode {period} sudah berakhir. Belum ada nilai hasil kerja.\n\n",
		"Now that {period} is over, there is no score of your results.\n\n"},
	[CLOSED_ITEM] =
		{"- {name}: {realized} dengan target {target}, capaian {achievement} %: {rating}.",
			"- {name}: {realized} against a target of {target}, achievement "
			"{achievement} %: {rating}."},
	[CLOSED_BRIEF] = {" Terlalu singkat untuk ikut menentukan predikat keseluruhan.",
		" Held too briefly to have a part in the rating as a whole."},
	[CLOSED_MISSING] =
		{"- Tidak terukur, dan karena itu tidak dihitung sebagai nol: {names}.\n",
			"- Not measured, and for that not counted as zero: {names}.\n"},
	[CLOSED_FOOT] =
		{"\nSetiap angka dapat ditelusuri sampai bukti asalnya. Bila ada yang keliru, "
		 "sistem asal dapat "
		 "mengoreksinya dan nilai ini ikut berubah. Sistem tidak memutuskan apa pun: "
		 "predikat kinerja baru "
		 "ada bila pejabat penilai menandatanganinya.\n",
			"\nEvery figure leads back to the evidence behind it. If something is "
			"wrong, the system it came from can correct it, and the score follows. "
			"The system decides nothing: a grade exists only when the appraiser "
			"signs it.\n"},
	[CHANGED_TITLE] = {"Hasil kerja {period} diperbarui", "Results for {period}, updated"},
	[CHANGED] = {"Sejak pesan terakhir tentang {period} ada bukti atau data yang berubah, dan "
		     "penilaiannya ikut "
		     "berubah:\n",
		"Since the last message about {period}, evidence or other data have changed, and "
		"ratings with them:\n"},
	[CHANGED_ITEM] = {"- {name}: {old} → {new}\n", "- {name}: {old} → {new}\n"},
	[CHANGED_RESULTS] = {"- Hasil kerja keseluruhan: {old} → {new}\n",
		"- Results as a whole: {old} → {new}\n"},
	[CHANGED_NOW] = {"\nSekarang:\n", "\nNow:\n"},
	[DIGEST_TITLE] = {"Hasil kerja {count} periode yang sudah berakhir",
		"Results for {count} periods that have ended"},
	[DIGEST] = {"Untuk periode berikut, bukti atau data baru masuk atau berubah setelah "
		    "periodenya berakhir. Hasilnya sekarang:\n\n",
		"Of these periods, evidence or other data came in or changed after they had "
		"ended. Their results now:\n\n"},
	[DIGEST_RATED] = {"- {period}: {score}, {rating}.", "- {period}: {score}, {rating}."},
	[DIGEST_UNRATED] = {"- {period}: {rating}.", "- {period}: {rating}."},
	[DIGEST_BEFORE] = {" Sebelumnya {old}.", " Before: {old}."},
	[DIGEST_ITEMS] = {" Predikat yang berubah: {names}.", " Ratings that changed: {names}."},
	[DIGEST_FOOT] = {"\nRinciannya ada pada nilai setiap periode.\n",
		"\nThe score of each period says more.\n"},
	[NEED_MORE] = {"Dengan tambahan {need}: {to}.", "With {need} more: {to}."},
	[NEED_LESS] = {"Dengan {need} lebih rendah: {to}.", "With {need} less: {to}."},
/* As the pages say them: made of their files of words. */
#include "said.inc"
	[MAIL_LINK] = {"Selengkapnya: {url}\n", "In full: {url}\n"},
	[MAIL_FOOT] =
		{"Pesan ini dikirim otomatis oleh Terukur dan juga ada di kotak masuk Anda di "
		 "sana. Balasan ke alamat "
		 "ini tidak dibaca.\n",
			"Terukur sent this by itself; it is in your inbox there, too. Replies to "
			"this address are not read.\n"},
};

const char *wording_text(enum language language, enum phrase phrase)
{
	return phrases[phrase][language];
}

static const char *slot_text(const struct slot *slots, const char *name, size_t len)
{
	for (; slots && slots->name; slots++)
		if (strlen(slots->name) == len && memcmp(slots->name, name, len) == 0)
			return slots->text;
	return NULL;
}

void wording_add(
	struct buf *out, enum language language, enum phrase phrase, const struct slot *slots)
{
	const char *p = phrases[phrase][language];
	for (const char *open; (open = strchr(p, '{')) != NULL;) {
		size_t len = strcspn(open + 1, "}");
		const char *text = slot_text(slots, open + 1, len);
		buf_add(out, p, (size_t)(open - p));
		if (text)
			buf_adds(out, text);
		else
			buf_add(out, open, len + 2);
		p = open + len + 2;
	}
	buf_adds(out, p);
}
