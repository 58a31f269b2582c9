// SPDX-License-Identifier: BSD-2-Clause
/* Settings as text: every type at its edges, names in both spellings, refusals in words. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/net_namespace.h>
#include <skiff/printk.h>

static struct {
	int any;
	int ttl;
	int three[3];
	unsigned int uns;
	unsigned int uns_minmax;
	unsigned long mem[3];
	u8 byte;
	bool flag;
	int seconds;
	int ms;
	char word[8];
	int secret;
	int constant;
	int wrapped;
} v;

static unsigned int uns_max = 3000000000u;
static unsigned long ulong_min = 10;

static int wrapper(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = proc_dointvec_minmax(ctl, write, buffer, lenp, ppos);

	if (!err && write)
		v.wrapped *= 2;
	return err;
}

static struct ctl_table table[] = {
	{ "any", &v.any, sizeof(int), 0644, proc_dointvec, SYSCTL_ZERO, SYSCTL_ONE },
	{ "ttl", &v.ttl, sizeof(int), 0644, proc_dointvec_minmax, SYSCTL_ONE, SYSCTL_U8_MAX },
	{ "three", v.three, sizeof(v.three), 0644, proc_dointvec_minmax, SYSCTL_NEG_ONE, NULL },
	{ "uns", &v.uns, sizeof(int), 0644, proc_douintvec, NULL, NULL },
	{ "uns_minmax", &v.uns_minmax, sizeof(int), 0644, proc_douintvec_minmax, NULL, &uns_max },
	{ "mem", v.mem, sizeof(v.mem), 0644, proc_doulongvec_minmax, &ulong_min, NULL },
	{ "byte", &v.byte, sizeof(u8), 0644, proc_dou8vec_minmax, SYSCTL_ZERO, SYSCTL_TWO },
	{ "flag", &v.flag, sizeof(bool), 0644, proc_dobool, NULL, NULL },
	{ "seconds", &v.seconds, sizeof(int), 0644, proc_dointvec_jiffies, NULL, NULL },
	{ "ms", &v.ms, sizeof(int), 0644, proc_dointvec_ms_jiffies, NULL, NULL },
	{ "word", v.word, sizeof(v.word), 0644, proc_dostring, NULL, NULL },
	{ "secret", &v.secret, sizeof(int), 0200, proc_dointvec, NULL, NULL },
	{ "constant", &v.constant, sizeof(int), 0444, proc_dointvec, NULL, NULL },
	{ "wrapped", &v.wrapped, sizeof(int), 0644, wrapper, SYSCTL_ZERO, SYSCTL_TWO },
	{ 0 },
};

static struct net *net;
static struct ctl_table_header *header;
static char said[1024];

static void listen(int level, const char *text, void *arg)
{
	snprintf(said, sizeof(said), "%s", text);
}

static int setup(void **state)
{
	memset(&v, 0, sizeof(v));
	skiff_log_sink(listen, NULL);
	net = skiff_net_create(&(struct skiff_net_params){ .name = "set" });
	net_lock(net);
	header = register_net_sysctl(net, "net/test", table);
	net_unlock(net);
	return !header;
}

static int teardown(void **state)
{
	net_lock(net);
	unregister_net_sysctl_table(header);
	net_unlock(net);
	skiff_log_sink(NULL, NULL);
	return skiff_net_destroy(net);
}

static struct {
	const char *name;
	const char *text;
	int err;
	const char *after; /* what is read back; NULL for the same as text */
} cases[] = {
	{ "any", "5", 0, NULL },
	{ "any", "-2147483648", 0, NULL },
	{ "any", "2147483647", 0, NULL },
	{ "any", "2147483648", -EINVAL, "2147483647" },
	{ "any", "-2147483649", -EINVAL, "2147483647" },
	{ "any", "  7\t\n", 0, "7" },
	{ "any", "0x10", 0, "16" },
	{ "any", "010", 0, "8" },
	{ "any", "-0", 0, "0" },
	{ "any", "08", -EINVAL, "0" },
	{ "any", "0x", -EINVAL, "0" },
	{ "any", "", -EINVAL, "0" },
	{ "any", " ", -EINVAL, "0" },
	{ "any", "-", -EINVAL, "0" },
	{ "any", "+1", -EINVAL, "0" },
	{ "any", "1a", -EINVAL, "0" },
	{ "any", "1 2", -EINVAL, "0" },
	{ "any", "99999999999999999999999", -EINVAL, "0" },
	{ "any", "18446744073709551617", -EINVAL, "0" },
	{ "ttl", "1", 0, NULL },
	{ "ttl", "255", 0, NULL },
	{ "ttl", "0", -EINVAL, "255" },
	{ "ttl", "256", -EINVAL, "255" },
	{ "ttl", "-1", -EINVAL, "255" },
	{ "three", "1 2 3", 0, "1\t2\t3" },
	{ "three", "-1", 0, "-1\t2\t3" },
	/* All or nothing. */
	{ "three", "7 8 -2", -EINVAL, "-1\t2\t3" },
	{ "three", "7 8 9 10", -EINVAL, "-1\t2\t3" },
	{ "uns", "4294967295", 0, NULL },
	{ "uns", "4294967296", -EINVAL, "4294967295" },
	{ "uns", "-1", -EINVAL, "4294967295" },
	{ "uns_minmax", "3000000000", 0, NULL },
	{ "uns_minmax", "3000000001", -EINVAL, "3000000000" },
	{ "mem", "10 20 30", 0, "10\t20\t30" },
	{ "mem", "9", -EINVAL, "10\t20\t30" },
	{ "byte", "2", 0, NULL },
	{ "byte", "3", -EINVAL, "2" },
	{ "flag", "1", 0, NULL },
	{ "flag", "2", -EINVAL, "1" },
	{ "flag", "0", 0, NULL },
	{ "seconds", "30", 0, NULL },
	{ "seconds", "2147483", 0, NULL },
	{ "seconds", "2147484", -EINVAL, "2147483" },
	{ "ms", "1500", 0, NULL },
	{ "word", "cubic", 0, NULL },
	{ "word", "1234567", 0, NULL },
	{ "word", "12345678", -EINVAL, "1234567" },
	{ "word", "reno\nmore", 0, "reno" },
	{ "word", "", 0, NULL },
	{ "constant", "1", -EACCES, "0" },
	{ "wrapped", "2", 0, "4" },
	{ "wrapped", "3", -EINVAL, "4" },
};

static void test_values(void **state)
{
	char name[64], text[64], err[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *after = cases[i].after ? cases[i].after : cases[i].text;

		snprintf(name, sizeof(name), "net.test.%s", cases[i].name);
		if (skiff_sysctl_set(net, name, cases[i].text, err, sizeof(err)) != cases[i].err)
			fail_msg("%s = \"%s\": %s", name, cases[i].text, err);
		assert_int_equal(err[0] != '\0', cases[i].err != 0);
		assert_int_equal(skiff_sysctl_get(net, name, text, sizeof(text)), strlen(after));
		assert_string_equal(text, after);
	}
	assert_int_equal(v.seconds, 2147483 * HZ);
	assert_int_equal(v.ms, 1500);
}

static void test_messages(void **state)
{
	char err[256];

	skiff_sysctl_set(net, "net.test.ttl", "300", err, sizeof(err));
	assert_string_equal(err, "net.test.ttl: \"300\" is not accepted: "
				 "must be one integer from 1 to 255");
	skiff_sysctl_set(net, "net.test.three", "x", err, sizeof(err));
	assert_string_equal(err, "net.test.three: \"x\" is not accepted: "
				 "must be 1 to 3 times one integer from -1 to 2147483647");
	skiff_sysctl_set(net, "net.test.word", "much too long", err, sizeof(err));
	assert_string_equal(err, "net.test.word: \"much too long\" is not accepted: "
				 "must be at most 7 characters");
	skiff_sysctl_set(net, "net.test.wrapped", "9", err, sizeof(err));
	assert_string_equal(err, "net.test.wrapped: \"9\" is not accepted: "
				 "must be one integer from 0 to 2");
	skiff_sysctl_set(net, "net.test.constant", "9", err, sizeof(err));
	assert_string_equal(err, "net.test.constant: this setting can only be read");
	skiff_sysctl_set(net, "net.test.none", "9", err, sizeof(err));
	assert_string_equal(err, "net.test.none: there is no such setting");
	/* Cut to the room, or not wanted. */
	skiff_sysctl_set(net, "net.test.none", "9", err, 5);
	assert_string_equal(err, "net.");
	assert_int_equal(skiff_sysctl_set(net, "net.test.none", "9", NULL, 0), -ENOENT);
}

static void test_names(void **state)
{
	static struct ctl_table vlan[] = {
		{ "mtu", &v.any, sizeof(int), 0644, proc_dointvec, NULL, NULL },
		{ 0 },
	};
	static const char *const unknown[] = {
		"",  "net",	 "ttl",		  "net.test",	 "net.test.",
		".", "net..ttl", "net.test.ttl.", "net.test.tt", "net.test/ttl"
	};
	struct ctl_table_header *more;
	char text[16], longest[400];

	net_lock(net);
	more = register_net_sysctl(net, "net/conf/eth0.100", vlan);
	net_unlock(net);
	v.any = 68;
	assert_int_equal(skiff_sysctl_get(net, "net/test/ttl", text, sizeof(text)), 1);
	assert_int_equal(skiff_sysctl_get(net, "net/conf/eth0.100/mtu", text, sizeof(text)), 2);
	assert_int_equal(skiff_sysctl_get(net, "net.conf.eth0/100.mtu", text, sizeof(text)), 2);
	assert_int_equal(skiff_sysctl_get(net, "net.conf.eth0.100.mtu", text, sizeof(text)),
			 -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(skiff_sysctl_get(net, unknown[i], text, sizeof(text)), -ENOENT);
	memset(longest, '.', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(skiff_sysctl_get(net, longest, text, sizeof(text)), -ENOENT);
	assert_int_equal(skiff_sysctl_get(net, "net.test.secret", text, sizeof(text)), -EACCES);
	assert_int_equal(skiff_sysctl_set(net, "net.test.secret", "3", NULL, 0), 0);
	assert_int_equal(v.secret, 3);
	net_lock(net);
	unregister_net_sysctl_table(more);
	unregister_net_sysctl_table(NULL);
	net_unlock(net);
}

static void test_room(void **state)
{
	char text[8] = "untouch";

	v.any = 12345;
	assert_int_equal(skiff_sysctl_get(net, "net.test.any", NULL, 0), 5);
	assert_int_equal(skiff_sysctl_get(net, "net.test.any", text, 0), 5);
	assert_string_equal(text, "untouch");
	assert_int_equal(skiff_sysctl_get(net, "net.test.any", text, 1), 5);
	assert_string_equal(text, "");
	assert_int_equal(skiff_sysctl_get(net, "net.test.any", text, 4), 5);
	assert_string_equal(text, "123");
	assert_int_equal(skiff_sysctl_get(net, "net.test.any", text, 6), 5);
	assert_string_equal(text, "12345");
}

static void test_nulls(void **state)
{
	char text[8];

	assert_int_equal(skiff_sysctl_get(net, NULL, text, 8), -EINVAL);
	assert_int_equal(skiff_sysctl_get(net, "net.test.any", NULL, 8), -EINVAL);
	assert_int_equal(skiff_sysctl_set(net, NULL, "1", NULL, 0), -EINVAL);
	assert_int_equal(skiff_sysctl_set(net, "net.test.any", NULL, NULL, 0), -EINVAL);
	assert_int_equal(skiff_sysctl_foreach(net, NULL, NULL), -EINVAL);
}

static void test_register_refusals(void **state)
{
	static struct ctl_table twice[] = {
		{ "ttl", &v.ttl, sizeof(int), 0644, proc_dointvec, NULL, NULL },
		{ 0 },
	};
	static struct ctl_table useless[] = { { "x", &v.ttl, sizeof(int), 0644, NULL, NULL, NULL },
					      { 0 } };
	char path[300];

	net_lock(net);
	assert_null(register_net_sysctl(net, "net/test", twice));
	assert_string_equal(said, "host set: sysctl net/test/ttl exists already");
	assert_null(register_net_sysctl(net, "net/other", useless));
	assert_string_equal(said, "host set: sysctl net/other/x has no handler");
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(register_net_sysctl(net, path, twice));
	assert_non_null(strstr(said, "is too long"));
	net_unlock(net);
}

static int count_and_sort(const char *name, const char *value, void *arg)
{
	char *last = arg;

	assert_true(strcmp(last, name) < 0);
	strcpy(last, name);
	if (strcmp(name, "net.test.ttl") == 0)
		assert_string_equal(value, "64");
	assert_string_not_equal(name, "net.test.secret");
	return 0;
}

static int stop_at_once(const char *name, const char *value, void *arg)
{
	return 42;
}

static void test_foreach(void **state)
{
	char last[300] = "";

	v.ttl = 64;
	assert_int_equal(skiff_sysctl_foreach(net, count_and_sort, last), 0);
	assert_string_equal(last, "net.test.wrapped");
	assert_int_equal(skiff_sysctl_foreach(net, stop_at_once, NULL), 42);
}

static void test_faults(void **state)
{
#ifdef SKIFF_FAULT_INJECTION
	static struct ctl_table one[] = {
		{ "one", &v.any, sizeof(int), 0644, proc_dointvec, NULL, NULL },
		{ 0 },
	};

	net_lock(net);
	for (long n = 1; n <= 2; n++) {
		skiff_fail_nth(n);
		assert_null(register_net_sysctl(net, "net/fault", one));
	}
	net_unlock(net);
	skiff_fail_nth(1);
	assert_int_equal(skiff_sysctl_set(net, "net.test.any", "1", NULL, 0), -ENOMEM);
	skiff_fail_nth(1);
	assert_int_equal(skiff_sysctl_foreach(net, stop_at_once, NULL), -ENOMEM);
	skiff_fail_nth(0);
#else
	assert_int_equal(skiff_fail_count(), 0);
#endif
}

static void test_budget(void **state)
{
	char text[16];

	assert_int_equal(skiff_sysctl_get(net, "net.core.netdev_budget", text, 16), 3);
	assert_string_equal(text, "300");
	assert_int_equal(skiff_sysctl_set(net, "net.core.netdev_budget", "0", NULL, 0), -EINVAL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values),  TEST(test_messages), TEST(test_names),
		TEST(test_room),    TEST(test_nulls),	 TEST(test_register_refusals),
		TEST(test_foreach), TEST(test_faults),	 TEST(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
