/* publish: what notification.sent says of messages and mails. Their rows are its outbox: locked
 * until Kafka has acknowledged, published again after a crash under the same id. */
#pragma once

#include "service/service.h"

bool publish_sent(struct worker *w, struct err *e) MUST_CHECK;
