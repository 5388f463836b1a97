/* event-check FILE…: says what the codec makes of each file, for the contract tests: "FILE<TAB>ok"
 * or "FILE<TAB>reason<TAB>field". */
#include <stdio.h>
#include <stdlib.h>

#include "messages/event.h"

enum { MOST = 4 * 1024 * 1024 };

int main(int argc, char **argv)
{
	char *data = malloc(MOST);
	if (!data || !digest_init())
		return 1;
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "re");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		const struct event_input in = {.data = data, .len = fread(data, 1, MOST, file)};
		struct event event;
		struct event_fault fault;
		fclose(file);
		if (event_decode(&in, &event, &fault)) {
			printf("%s\tok\n", argv[i]);
			event_done(&event);
		} else {
			printf("%s\t%s\t%s\n", argv[i], reason_code(fault.reason), fault.field);
		}
	}
	free(data);
	return 0;
}
