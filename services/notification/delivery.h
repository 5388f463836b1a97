/* delivery: sends the mails that are due, one at a time.
 *
 * What is known of a mail is written before and after each step of it, so that a crash never sends
 * one twice: a mail that was claimed but not handed over is sent by the next sender when the claim
 * runs out; one that was handed over, of which nobody noted the server's answer, is not sent again
 * (its message is in the inbox all the same).
 */
#pragma once

#include "service/service.h"

bool delivery_open(struct worker *w, struct err *e) MUST_CHECK;
void delivery_close(struct worker *w);
bool delivery_run(struct worker *w, struct err *e) MUST_CHECK;
