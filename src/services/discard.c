// SPDX-License-Identifier: BSD-2-Clause
/* The discard service, RFC 863: there is no answer. */
#include "services/services.h"

const struct service service_discard = {
	.name = "discard",
	.port = 9,
};
