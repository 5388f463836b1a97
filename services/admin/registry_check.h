/* registry_check: the rules of a registry file (design.md, "Registry file"; schemas/registry.json
 * states the same for clients, but for what needs the file as a whole or what is stored). Pure. */
#pragma once

#include <jansson.h>

#include "findings.h"

struct registry_file {
	json_t *root; /* the parts: {"agencies": […], …} */
	const int *lines; /* from CSV: the line of each row of its part, to tell places by; NULL:
			     JSON */
	struct registry_csv *csv; /* of which those lines are */
};

/* Checks the file against itself and against what is stored, `known`; a date "" is the beginning:
 *   {"agencies":{code:…}, "units":{code:{from:agency}}, "sources":{code:[uris]},
 *    "indicators":{code:direction}, "positions":{code:{from:items}},
 *    "people":{nip:{from:{"until":last day or null,"stated":what was said of it,"unit":…,
 *    "position":…,"superior":nip or null}}}, "former":{nip:the person's nip of today},
 *    "absences":{nip:{from:{"until":…,"kind":…}}},
 *    "plans":{nip:{year:[{"from":…,"status":…,"items":…}] by version}},
 *    "rulesets":{version:rule set}}
 * Returns what is to be stored, in the parts that registry_relate.h names. NULL when anything was
 * found: every fault is told, in the order of the parts; those of rows among each other when no row
 * is wrong by itself. What is odd, but may be meant, is told as a warning. */
json_t *registry_check(const struct registry_file *file, const json_t *known, int32_t today,
	struct findings *found);
