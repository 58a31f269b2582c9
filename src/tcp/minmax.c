// SPDX-License-Identifier: BSD-2-Clause
/*
 * The least, or greatest, of the last while, with three samples.
 *
 * The best, the best of what came since, and the best of what came since that: when the first is too
 * old, the second takes its place. Kathleen Nichols' idea; times wrap.
 */
#include "tcp/tcp.h"

void minmax_reset(struct minmax *m, u32 t, u32 meas)
{
	m->s[0] = m->s[1] = m->s[2] = (struct minmax_sample){ .t = t, .v = meas };
}

/* The new sample is not the best: is one of the others too old, or to be refreshed? */
static u32 subwin_update(struct minmax *m, u32 win, const struct minmax_sample *val)
{
	u32 dt = val->t - m->s[0].t;

	if (dt > win) {
		m->s[0] = m->s[1];
		m->s[1] = m->s[2];
		m->s[2] = *val;
		if (val->t - m->s[0].t > win) {
			m->s[0] = m->s[1];
			m->s[1] = m->s[2];
			m->s[2] = *val;
		}
	} else if (m->s[1].t == m->s[0].t && dt > win / 4) {
		/* A quarter has passed without a second best. */
		m->s[2] = m->s[1] = *val;
	} else if (m->s[2].t == m->s[1].t && dt > win / 2) {
		m->s[2] = *val;
	}
	return m->s[0].v;
}

u32 minmax_running_max(struct minmax *m, u32 win, u32 t, u32 meas)
{
	struct minmax_sample val = { .t = t, .v = meas };

	if (val.v >= m->s[0].v || val.t - m->s[2].t > win) {
		minmax_reset(m, t, meas);
		return meas;
	}
	if (val.v >= m->s[1].v)
		m->s[2] = m->s[1] = val;
	else if (val.v >= m->s[2].v)
		m->s[2] = val;
	return subwin_update(m, win, &val);
}

u32 minmax_running_min(struct minmax *m, u32 win, u32 t, u32 meas)
{
	struct minmax_sample val = { .t = t, .v = meas };

	if (val.v <= m->s[0].v || val.t - m->s[2].t > win) {
		minmax_reset(m, t, meas);
		return meas;
	}
	if (val.v <= m->s[1].v)
		m->s[2] = m->s[1] = val;
	else if (val.v <= m->s[2].v)
		m->s[2] = val;
	return subwin_update(m, win, &val);
}
