// SPDX-License-Identifier: BSD-2-Clause
/* What packets carry besides data: extensions, times, route, connection, metadata, marks. */
#include <netinet/in.h>

#include "shape.h"

#include "death.h"
#include "skb/tstamp.h"

/* Extensions */

static int copies, releases;

static void count_copy(void *ext)
{
	copies++;
}

static void count_release(void *ext)
{
	releases++;
}

static const struct skb_ext_ops counting = { count_copy, count_release };

static struct sk_buff *plain(void)
{
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);

	assert_non_null(skb);
	skb_reserve(skb, 64);
	skb_put_zero(skb, 64);
	return skb;
}

static void test_ext_add_find_del(void **state)
{
	struct sk_buff *skb = plain();
	struct sec_path *sp;
	struct tc_skb_ext *tc;

	assert_false(skb_has_extensions(skb));
	assert_null(skb_ext_find(skb, SKB_EXT_SEC_PATH));
	assert_null(skb_sec_path(skb));
	skb_ext_del(skb, SKB_EXT_SEC_PATH);

	sp = skb_ext_add(skb, SKB_EXT_SEC_PATH);
	assert_non_null(sp);
	assert_int_equal(sp->len, 0);
	sp->len = 3;
	tc = skb_ext_add(skb, TC_SKB_EXT);
	assert_non_null(tc);
	tc->chain = 7;
	assert_true(skb_ext_exist(skb, SKB_EXT_SEC_PATH));
	assert_true(skb_ext_exist(skb, TC_SKB_EXT));
	assert_int_equal(skb_sec_path(skb)->len, 3);
	assert_int_equal(((struct tc_skb_ext *)skb_ext_find(skb, TC_SKB_EXT))->chain, 7);

	skb_ext_del(skb, SKB_EXT_SEC_PATH);
	assert_null(skb_sec_path(skb));
	sp = skb_ext_add(skb, SKB_EXT_SEC_PATH);
	assert_int_equal(sp->len, 0);
	assert_int_equal(((struct tc_skb_ext *)skb_ext_find(skb, TC_SKB_EXT))->chain, 7);
	skb_ext_reset(skb);
	assert_false(skb_has_extensions(skb));
	assert_null(skb_ext_add(skb, SKB_EXT_NUM));
	assert_int_equal(skb_ext_register(SKB_EXT_NUM, NULL), -EINVAL);
	kfree_skb(skb);
}

/* Clones share; whoever adds gets a copy of its own. */
static void test_ext_sharing(void **state)
{
	struct sk_buff *skb = plain(), *clone, *copy;
	struct sec_path *sp = skb_ext_add(skb, SKB_EXT_SEC_PATH);

	assert_int_equal(skb_ext_register(SKB_EXT_SEC_PATH, &counting), 0);
	copies = releases = 0;
	sp->len = 1;
	clone = skb_clone(skb, GFP_KERNEL);
	copy = skb_copy(skb, GFP_KERNEL);
	assert_ptr_equal(skb_sec_path(clone), sp);
	assert_ptr_equal(skb_sec_path(copy), sp);
	assert_int_equal(copies, 0);

	sp = skb_ext_add(clone, SKB_EXT_SEC_PATH);
	assert_int_equal(copies, 1);
	assert_ptr_not_equal(sp, skb_sec_path(skb));
	assert_int_equal(sp->len, 1);
	sp->len = 2;
	assert_int_equal(skb_sec_path(skb)->len, 1);

	/* one holder drops the extension, the others keep it */
	skb_ext_del(copy, SKB_EXT_SEC_PATH);
	assert_null(skb_sec_path(copy));
	assert_int_equal(skb_sec_path(skb)->len, 1);
	assert_int_equal(releases, 0);

	kfree_skb(skb);
	assert_int_equal(releases, 1);
	kfree_skb(copy);
	assert_int_equal(releases, 1);
	kfree_skb(clone);
	assert_int_equal(releases, 2);
	skb_ext_register(SKB_EXT_SEC_PATH, NULL);
}

/* An extension that all but one sharer dropped is not found by the next who adds it. */
static void test_ext_left_behind(void **state)
{
	struct sk_buff *skb = plain(), *clone;
	struct sec_path *sp = skb_ext_add(skb, SKB_EXT_SEC_PATH);

	skb_ext_register(SKB_EXT_SEC_PATH, &counting);
	copies = releases = 0;
	sp->len = 5;
	skb_ext_add(skb, TC_SKB_EXT);
	clone = skb_clone(skb, GFP_KERNEL);
	skb_ext_del(clone, SKB_EXT_SEC_PATH);
	kfree_skb(skb);
	assert_int_equal(releases, 0);
	sp = skb_ext_add(clone, SKB_EXT_SEC_PATH);
	assert_int_equal(sp->len, 0);
	assert_int_equal(releases, 1);
	kfree_skb(clone);
	assert_int_equal(releases, 2);
	skb_ext_register(SKB_EXT_SEC_PATH, NULL);
}

static void test_ext_copy(void **state)
{
	struct sk_buff *a = plain(), *b = plain();
	struct sec_path *sp = skb_ext_add(a, SKB_EXT_SEC_PATH);

	sp->olen = 4;
	skb_ext_add(b, TC_SKB_EXT);
	skb_ext_copy(b, a);
	assert_false(skb_ext_exist(b, TC_SKB_EXT));
	assert_int_equal(skb_sec_path(b)->olen, 4);
	skb_ext_reset(a);
	assert_int_equal(skb_sec_path(b)->olen, 4);
	kfree_skb(a);
	kfree_skb(b);
}

static void test_ext_no_memory(void **state)
{
	struct sk_buff *skb = plain(), *clone;

	if (skiff_fail_nth(1)) {
		kfree_skb(skb);
		skip();
	}
	assert_null(skb_ext_add(skb, SKB_EXT_SEC_PATH));
	assert_false(skb_has_extensions(skb));
	skiff_fail_nth(0);
	((struct sec_path *)skb_ext_add(skb, SKB_EXT_SEC_PATH))->len = 1;
	clone = skb_clone(skb, GFP_KERNEL);
	skiff_fail_nth(1);
	assert_null(skb_ext_add(clone, SKB_EXT_SEC_PATH));
	skiff_fail_nth(0);
	assert_int_equal(skb_sec_path(clone)->len, 1);
	kfree_skb(clone);
	kfree_skb(skb);
}

/* Times */

static ktime_t fake_now;

static ktime_t fake_clock(const struct sk_buff *skb)
{
	return fake_now;
}

static void test_tstamp(void **state)
{
	struct sk_buff *skb = plain();
	struct __kernel_old_timeval tv;
	struct __kernel_sock_timeval stv;
	struct __kernel_old_timespec ots;
	struct __kernel_timespec ts;

	skb_clock_set(fake_clock);
	fake_now = 1234567890123456789;
	assert_int_equal(skb_tstamp(skb), 0);
	assert_int_equal(skb_tstamp_cond(skb, false), 0);
	assert_int_equal(skb_tstamp_cond(skb, true), fake_now);
	__net_timestamp(skb);
	assert_int_equal(skb_get_ktime(skb), fake_now);
	fake_now++;
	assert_int_equal(skb_tstamp_cond(skb, true), fake_now - 1);
	assert_int_equal(net_timedelta(skb_tstamp(skb)), 1);

	skb_get_timestamp(skb, &tv);
	assert_int_equal(tv.tv_sec, 1234567890);
	assert_int_equal(tv.tv_usec, 123456);
	skb_get_new_timestamp(skb, &stv);
	assert_int_equal(stv.tv_sec, 1234567890);
	assert_int_equal(stv.tv_usec, 123456);
	skb_get_timestampns(skb, &ots);
	assert_int_equal(ots.tv_sec, 1234567890);
	assert_int_equal(ots.tv_nsec, 123456789);
	skb_get_new_timestampns(skb, &ts);
	assert_int_equal(ts.tv_sec, 1234567890);
	assert_int_equal(ts.tv_nsec, 123456789);

	skb_clear_tstamp(skb);
	assert_int_equal(skb->tstamp, 0);
	skb_hwtstamps(skb)->hwtstamp = 5;
	assert_int_equal(__skb_shinfo(skb)->hwtstamps.hwtstamp, 5);
	skb_clock_set(NULL);
	assert_true(skb_clock(NULL) > 1600000000000000000);
	kfree_skb(skb);
}

static int told;

static void sent(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps, int tstype)
{
	assert_null(hwtstamps);
	assert_non_null(skb->sk);
	told++;
}

/* What a driver does on sending needs no sockets to be there. */
static void test_tx_timestamp(void **state)
{
	struct sk_buff *skb = shape_packet(10, 0);
	u64 sock; /* only ever passed on */

	skb_shinfo(skb)->tx_flags = SKBTX_SW_TSTAMP;
	skb_tx_timestamp(skb);
	skb->sk = (struct sock *)&sock;
	skb_tx_timestamp(skb);
	skb_tstamp_hook = sent;
	skb_tx_timestamp(skb);
	skb->sk = NULL;
	skb_tx_timestamp(skb);
	skb_tstamp_hook = NULL;
	assert_int_equal(told, 1);
	kfree_skb(skb);
}

static void test_delivery_time(void **state)
{
	struct sk_buff *skb = plain();

	skb_clock_set(fake_clock);
	fake_now = 1000;
	skb_set_delivery_time(skb, 77, true);
	assert_int_equal(skb->tstamp, 77);
	assert_int_equal(skb_tstamp(skb), 0);
	skb_clear_tstamp(skb);
	assert_int_equal(skb->tstamp, 77);
	skb_clear_delivery_time(skb);
	assert_int_equal(skb->tstamp, 0);

	/* somebody wants times of arrival: it arrives now */
	assert_false(net_timestamp_enabled());
	net_enable_timestamp();
	net_enable_timestamp();
	skb_set_delivery_time(skb, 77, true);
	skb_clear_delivery_time(skb);
	assert_int_equal(skb->tstamp, 1000);
	skb_clear_delivery_time(skb);
	assert_int_equal(skb->tstamp, 1000);
	net_disable_timestamp();
	assert_true(net_timestamp_enabled());
	skb->tstamp = 0;
	assert_int_equal(skb_tstamp_cond(skb, false), 1000);
	net_disable_timestamp();
	assert_false(net_timestamp_enabled());

	skb_set_delivery_time(skb, 0, true);
	assert_int_equal(skb->mono_delivery_time, 0);
	skb_set_delivery_time(skb, 5, false);
	assert_int_equal(skb_tstamp(skb), 5);
	skb_clock_set(NULL);
	kfree_skb(skb);
}

/* Route: references counted by a family of our own; skb/ itself never calls it. */

static int released;

static void entry_released(struct dst_entry *dst)
{
	released++;
}

static void make_entry(struct dst_entry *dst)
{
	memset(dst, 0, sizeof(*dst));
	refcount_set(&dst->__refcnt, 1);
	dst->__release = entry_released;
	released = 0;
}

static void test_route(void **state)
{
	struct sk_buff *skb = plain(), *clone, *copy;
	struct dst_entry dst;
	unsigned long stolen;

	make_entry(&dst);
	assert_null(skb_dst(skb));
	skb_dst_set(skb, &dst);
	assert_ptr_equal(skb_dst(skb), &dst);
	assert_ptr_equal(skb_rtable(skb), &dst);
	assert_false(skb_dst_is_noref(skb));
	clone = skb_clone(skb, GFP_KERNEL);
	copy = skb_copy(skb, GFP_KERNEL);
	assert_int_equal(refcount_read(&dst.__refcnt), 3);
	kfree_skb(clone);
	skb_dst_drop(copy);
	assert_null(skb_dst(copy));
	assert_int_equal(refcount_read(&dst.__refcnt), 1);
	kfree_skb(copy);

	stolen = skb_dstref_steal(skb);
	assert_null(skb_dst(skb));
	skb_dstref_restore(skb, stolen);
	assert_ptr_equal(skb_dst(skb), &dst);
	assert_int_equal(released, 0);
	kfree_skb(skb);
	assert_int_equal(released, 1);
}

static void test_borrowed_route(void **state)
{
	struct sk_buff *skb = plain(), *other = plain();
	struct dst_entry dst;

	make_entry(&dst);
	skb_dst_set_noref(skb, &dst);
	assert_true(skb_dst_is_noref(skb));
	skb_dst_copy(other, skb);
	assert_true(skb_dst_is_noref(other));
	assert_int_equal(refcount_read(&dst.__refcnt), 1);
	skb_dst_drop(other);
	assert_true(skb_dst_force(skb));
	assert_false(skb_dst_is_noref(skb));
	assert_int_equal(refcount_read(&dst.__refcnt), 2);
	assert_true(skb_dst_force(skb));
	assert_int_equal(refcount_read(&dst.__refcnt), 2);
	skb_dst_drop(skb);
	assert_false(skb_dst_force(skb));

	/* about to go: no reference can be had any more */
	refcount_set(&dst.__refcnt, 0);
	skb_dst_set_noref(skb, &dst);
	assert_false(skb_dst_force(skb));
	assert_null(skb_dst(skb));
	kfree_skb(skb);
	kfree_skb(other);
}

static int conns_gone;

static void conn_gone(struct nf_conntrack *nfct)
{
	conns_gone++;
}

static void test_connection(void **state)
{
	static struct nf_conntrack ct __aligned(8);
	struct sk_buff *skb = plain(), *clone, *copy;

	refcount_set(&ct.use, 1);
	ct.destroy = conn_gone;
	conns_gone = 0;
	skb_set_nfct(skb, (unsigned long)&ct | 2);
	assert_ptr_equal(skb_nfct(skb), &ct);
	assert_int_equal(skb_get_nfct(skb) & NFCT_INFOMASK, 2);
	clone = skb_clone(skb, GFP_KERNEL);
	copy = skb_copy(skb, GFP_KERNEL);
	assert_int_equal(refcount_read(&ct.use), 3);
	kfree_skb(clone);
	nf_reset_ct(copy);
	assert_null(skb_nfct(copy));
	kfree_skb(copy);
	assert_int_equal(conns_gone, 0);
	kfree_skb(skb);
	assert_int_equal(conns_gone, 1);
}

static void test_scrub(void **state)
{
	static struct nf_conntrack ct __aligned(8);
	struct sk_buff *skb = plain();
	struct dst_entry dst;

	make_entry(&dst);
	refcount_set(&ct.use, 1);
	ct.destroy = conn_gone;
	conns_gone = 0;
	skb_dst_set(skb, &dst);
	skb_set_nfct(skb, (unsigned long)&ct);
	skb_ext_add(skb, TC_SKB_EXT);
	skb->pkt_type = PACKET_OTHERHOST;
	skb->skb_iif = 3;
	skb->ignore_df = 1;
	skb->nf_trace = 1;
	skb->mark = 5;
	skb->tstamp = 6;
	skb_scrub_packet(skb, false);
	assert_int_equal(skb->pkt_type, PACKET_HOST);
	assert_int_equal(skb->skb_iif, 0);
	assert_int_equal(skb->ignore_df, 0);
	assert_int_equal(skb->nf_trace, 0);
	assert_null(skb_dst(skb));
	assert_null(skb_nfct(skb));
	assert_false(skb_has_extensions(skb));
	assert_int_equal(released, 1);
	assert_int_equal(conns_gone, 1);
	assert_int_equal(skb->mark, 5);
	assert_int_equal(skb->tstamp, 6);
	skb_scrub_packet(skb, true);
	assert_int_equal(skb->mark, 0);
	assert_int_equal(skb->tstamp, 0);
	kfree_skb(skb);
}

static void test_queues_and_marks(void **state)
{
	struct sk_buff *a = plain(), *b = plain();

	assert_false(skb_rx_queue_recorded(a));
	skb_record_rx_queue(a, 0);
	assert_true(skb_rx_queue_recorded(a));
	assert_int_equal(skb_get_rx_queue(a), 0);
	skb_record_rx_queue(a, 41);
	assert_int_equal(skb_get_rx_queue(a), 41);
	skb_copy_queue_mapping(b, a);
	assert_int_equal(skb_get_queue_mapping(b), 42);
	skb_set_queue_mapping(b, 7);
	assert_int_equal(skb_get_queue_mapping(b), 7);
	a->napi_id = 9;
	assert_int_equal(skb_napi_id(a), 9);

	a->secmark = 1;
	skb_copy_secmark(b, a);
	assert_int_equal(b->secmark, 1);
	skb_init_secmark(b);
	assert_int_equal(b->secmark, 0);
	a->decrypted = 1;
	assert_int_not_equal(skb_cmp_decrypted(a, b), 0);
	skb_copy_decrypted(b, a);
	assert_int_equal(skb_cmp_decrypted(a, b), 0);

	a->tstamp = 5;
	skb_set_redirected(a, false);
	assert_true(skb_is_redirected(a));
	assert_int_equal(a->tstamp, 5);
	skb_set_redirected(a, true);
	assert_int_equal(a->from_ingress, 1);
	assert_int_equal(a->tstamp, 0);
	skb_reset_redirect(a);
	assert_false(skb_is_redirected(a));

	skb_set_dst_pending_confirm(a, 4);
	assert_true(skb_get_dst_pending_confirm(a));
	skb_set_dst_pending_confirm(a, 0);
	assert_false(skb_get_dst_pending_confirm(a));
	assert_true(skb_pkt_type_ok(PACKET_HOST));
	assert_true(skb_pkt_type_ok(PACKET_OTHERHOST));
	assert_false(skb_pkt_type_ok(PACKET_OUTGOING));
	assert_false(skb_pkt_type_ok(8));
	assert_false(skb_pfmemalloc(a));
	assert_false(skb_fclone_busy(NULL, a));
	kfree_skb(a);
	kfree_skb(b);
}

static void test_metadata(void **state)
{
	struct sk_buff *a = plain(), *b = plain();

	skb_reset_mac_header(a);
	skb_reset_mac_header(b);
	assert_ptr_equal(skb_metadata_end(a), a->data);
	memcpy(a->data - 8, "abcdefgh", 8);
	memcpy(b->data - 8, "abcdefgX", 8);
	assert_false(skb_metadata_differs(a, b));
	skb_metadata_set(a, 8);
	assert_int_equal(skb_metadata_len(a), 8);
	assert_true(skb_metadata_differs(a, b));
	skb_metadata_set(b, 8);
	assert_true(skb_metadata_differs(a, b));
	b->data[-1] = 'h';
	assert_false(skb_metadata_differs(a, b));
	skb_metadata_clear(a);
	skb_metadata_clear(b);
	assert_int_equal(skb_metadata_len(a), 0);
	kfree_skb(a);
	kfree_skb(b);
}

/* A buffer that served with all of this comes back from the pool with none of it. */
static void test_reuse_is_clean(void **state)
{
	for (unsigned int i = 0; i < 200; i++) {
		struct sk_buff *skb = plain();

		assert_int_equal(skb_metadata_len(skb), 0);
		assert_int_equal(__skb_shinfo(skb)->tx_flags, 0);
		assert_int_equal(skb_hwtstamps(skb)->hwtstamp, 0);
		assert_false(skb_has_extensions(skb));
		assert_int_equal(skb->tstamp | skb->mark | skb->vlan_present | skb->hash, 0);
		assert_int_equal(skb->free, 1);
		assert_int_equal(skb->lj_flags, 0);
		skb_metadata_set(skb, 4);
		skb_hwtstamps(skb)->hwtstamp = 9;
		skb_shinfo(skb)->tx_flags = SKBTX_SW_TSTAMP;
		skb_ext_add(skb, TC_SKB_EXT);
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 5);
		skb->tstamp = skb->mark = skb->hash = 1;
		skb->free = 0;
		kfree_skb(skb);
	}
}

/* The dump names lengths and shows every byte once, across fragments. */
static void test_dump(void **state)
{
	struct sk_buff *skb = shape_packet(500, SHAPE_ALL);
	unsigned char *twin = flatten(skb);
	char *text = NULL, *line;
	unsigned int n = 0;
	size_t size;
	FILE *out;

	out = open_memstream(&text, &size);
	skb_dump_file(out, skb, true);
	fclose(out);
	assert_non_null(strstr(text, "len=500 "));
	assert_non_null(strstr(text, "shinfo("));
	for (line = strstr(text, "skb data "); line; line = strstr(line + 1, "skb data ")) {
		const char *p = strchr(line, ':') + 2;

		for (; *p && *p != '\n'; p += 3)
			assert_int_equal(strtoul(p, NULL, 16), twin[n++]);
	}
	assert_int_equal(n, 500);
	free(text);

	out = open_memstream(&text, &size);
	skb_dump_file(out, skb, false);
	fclose(out);
	assert_non_null(strstr(text, "skb data 00070:"));
	assert_null(strstr(text, "skb data 00080:"));
	free(text);
	free(twin);
	kfree_skb(skb);
}

static void dump_to_log(void)
{
	struct sk_buff *skb = plain();

	skb->mark = 0xabcd;
	skb_dump(NULL, skb, true);
	abort();
}

static void test_dump_to_log(void **state)
{
	assert_dies(dump_to_log, "mark=0xabcd");
}

#define T(name) cmocka_unit_test_setup_teardown(name, shape_setup, shape_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ext_add_find_del), T(test_ext_sharing),	  T(test_ext_left_behind),
		T(test_ext_copy),	  T(test_ext_no_memory),  T(test_tstamp),
		T(test_ext_copy),	  T(test_ext_no_memory),  T(test_tx_timestamp),
		T(test_delivery_time),	  T(test_route),	  T(test_borrowed_route),
		T(test_connection),	  T(test_scrub),	  T(test_queues_and_marks),
		T(test_metadata),	  T(test_reuse_is_clean), T(test_dump),
		T(test_dump_to_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
