// SPDX-License-Identifier: BSD-2-Clause
/* All drivers, as a table. */
#include "drivers/drivers.h"

int skiff_drivers_init(void)
{
	static struct skiff_driver *const all[] = {
		&dummy_driver, &tap_driver, &tun_driver,    &packet_driver, &pcap_driver,
		&slip_driver,  &fd_driver,  &socket_driver, &cable_driver,
	};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		err = skiff_driver_register(all[i]);
		if (err && err != -EALREADY)
			return err;
	}
	err = loopback_init();
	return err == -EALREADY ? 0 : err;
}
