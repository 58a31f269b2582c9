/* SPDX-License-Identifier: BSD-2-Clause */
/* SLIP's framing (RFC 1055): packets out of bytes, and bytes out of a packet. */
#ifndef SKIFF_DRIVERS_SLIP_H
#define SKIFF_DRIVERS_SLIP_H

#include <skiff/types.h>

/* RFC 1055, "Protocol". */
#define SLIP_END 0300
#define SLIP_ESC 0333
#define SLIP_ESC_END 0334
#define SLIP_ESC_ESC 0335

/**
 * struct slip_decoder - a packet that is being received
 * @buf: where
 * @size: room there
 * @len: bytes so far
 * @escaped: the last byte was ESC
 * @bad: an escape was followed by something else
 * @too_long: there were more bytes than @size
 */
struct slip_decoder {
	u8 *buf;
	size_t size;
	size_t len;
	bool escaped;
	bool bad;
	bool too_long;
};

enum slip_result { SLIP_MORE, SLIP_PACKET, SLIP_BAD, SLIP_LONG };

/**
 * slip_decode() - take one byte
 * @d: the decoder
 * @byte: as received
 *
 * Return: SLIP_PACKET when @len bytes at @buf are a packet, SLIP_BAD or SLIP_LONG when a packet has
 * ended that was no good, else SLIP_MORE. After each of the first three the caller sets @len, @bad
 * and @too_long to zero, as slip_reset() does.
 */
static inline enum slip_result slip_decode(struct slip_decoder *d, u8 byte)
{
	if (byte == SLIP_END) {
		/* An escape at the end is as wrong as one before something else. */
		if (d->escaped)
			d->bad = true;
		d->escaped = false;
		if (d->bad)
			return SLIP_BAD;
		if (d->too_long)
			return SLIP_LONG;
		return d->len ? SLIP_PACKET : SLIP_MORE;
	}
	if (byte == SLIP_ESC && !d->escaped) {
		d->escaped = true;
		return SLIP_MORE;
	}
	if (d->escaped) {
		d->escaped = false;
		if (byte != SLIP_ESC_END && byte != SLIP_ESC_ESC)
			d->bad = true;
		byte = byte == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
	}
	if (d->len < d->size)
		d->buf[d->len++] = byte;
	else
		d->too_long = true;
	return SLIP_MORE;
}

static inline void slip_reset(struct slip_decoder *d)
{
	d->len = 0;
	d->bad = false;
	d->too_long = false;
}

/* Most bytes that a packet of @len becomes. */
#define SLIP_ENCODED_MAX(len) (2 * (size_t)(len) + 2)

/* Append bytes of a packet. Return: the end. @to has room for two bytes each. */
static inline u8 *slip_encode(u8 *to, const u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == SLIP_END || data[i] == SLIP_ESC) {
			*to++ = SLIP_ESC;
			*to++ = data[i] == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
		} else {
			*to++ = data[i];
		}
	}
	return to;
}

#endif /* SKIFF_DRIVERS_SLIP_H */
