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

/* Checks the file against itself and against what is stored, `known`:
 *   {"agencies":{code:…}, "units":{code:…}, "sources":{code:…}, "indicators":{code:direction},
 *    "positions":{code:[indicators with a target of 0]}, "plans":{indicator with a target of 0:…},
 *    "people":{nip:{from:until or null}}, "rulesets":{version:rule set}}
 * Returns what is to be stored: the file's parts, but for people, who come as "persons",
 * "assignments" (successive ones closed) and "closings" (stored assignments that end the day before
 * a new one), and plans with their day and place. NULL when anything was found: every fault is
 * told, in the order of the parts. */
json_t *registry_check(
	const struct registry_file *file, const json_t *known, struct findings *found);
