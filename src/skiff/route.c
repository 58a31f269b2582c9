// SPDX-License-Identifier: BSD-2-Clause
/* Routes from text, in the words of ip-route(8). */
#include <string.h>

#include <skiff/route.h>
#include <skiff/slab.h>

#include "skiff/route_text.h"
#include "wire/addr.h"

#define ROUTE_TEXT_MAX 1024
#define BLANKS " \t\n"

/* Instead of fib_config.fc_nlflags: the route is to go. */
#define ROUTE_DELETE (~0u)

char *route_word(struct route_text *r)
{
	char *word = r->next + strspn(r->next, BLANKS);
	size_t len = strcspn(word, BLANKS);

	if (!len)
		return NULL;
	r->next = word + len;
	if (*r->next)
		*r->next++ = '\0';
	return word;
}

static int type_of(const char *word)
{
	static const struct {
		const char *name;
		int type;
	} types[] = { { "unicast", RTN_UNICAST },     { "local", RTN_LOCAL },
		      { "broadcast", RTN_BROADCAST }, { "unreachable", RTN_UNREACHABLE },
		      { "prohibit", RTN_PROHIBIT },   { "blackhole", RTN_BLACKHOLE },
		      { "throw", RTN_THROW } };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(word, types[i].name))
			return types[i].type;
	return -ENOENT;
}

static int take_prefix(struct route_text *r, const char *word, struct fib_config *cfg)
{
	unsigned int len = 32;
	int ret = 0;

	if (!word)
		return conf_error(r->err, r->err_size, -EINVAL,
				  "route: the destination is missing; default, an address or a "
				  "prefix, as 192.0.2.0/24, is accepted");
	if (!strcmp(word, "default"))
		return 0;
	if (strchr(word, '/'))
		ret = conf_prefix(word, &cfg->fc_dst, &len, r->err, r->err_size);
	else
		ret = conf_ip(word, &cfg->fc_dst, r->err, r->err_size);
	if (ret)
		return ret;
	if (cfg->fc_dst & ~wire_prefix_mask(len))
		return conf_error(
			r->err, r->err_size, -EINVAL,
			"route '%s': it has bits behind the prefix; as 192.0.2.0/24 it is "
			"accepted",
			word);
	cfg->fc_dst_len = (u8)len;
	return 0;
}

static int take_dev(struct route_text *r, struct net *net, const char *word, struct fib_config *cfg)
{
	const struct net_device *dev = conf_dev(net, word, r->err, r->err_size);

	if (!dev)
		return -ENODEV;
	cfg->fc_oif = dev->ifindex;
	return 0;
}

static int take_src(struct route_text *r, struct net *net, const char *word, struct fib_config *cfg)
{
	int ret = conf_ip(word, &cfg->fc_prefsrc, r->err, r->err_size);

	if (ret || inet_addr_type(net, cfg->fc_prefsrc) == RTN_LOCAL)
		return ret;
	return conf_error(r->err, r->err_size, -EINVAL,
			  "src '%s': an address of this host is accepted", word);
}

static int take_tos(struct route_text *r, const char *word, struct fib_config *cfg)
{
	u32 tos;
	int ret = route_number(r, "tos", word, 0, IPTOS_RT_MASK, &tos);

	if (ret)
		return ret;
	if (tos & ~(u32)IPTOS_RT_MASK)
		return conf_error(r->err, r->err_size, -EINVAL,
				  "tos '%s': bits of 0x%x are accepted", word, IPTOS_RT_MASK);
	cfg->fc_tos = (u8)tos;
	return 0;
}

/* One word with its value. */
static int take_word(struct route_text *r, struct net *net, const char *what,
		     struct fib_config *cfg)
{
	int ret;

	if (!strcmp(what, "via"))
		return conf_ip(route_word(r), &cfg->fc_gw4, r->err, r->err_size);
	if (!strcmp(what, "dev"))
		return take_dev(r, net, route_word(r), cfg);
	if (!strcmp(what, "src"))
		return take_src(r, net, route_word(r), cfg);
	if (!strcmp(what, "metric") || !strcmp(what, "priority") || !strcmp(what, "preference"))
		return route_number(r, what, route_word(r), 0, UINT32_MAX, &cfg->fc_priority);
	if (!strcmp(what, "tos") || !strcmp(what, "dsfield"))
		return take_tos(r, route_word(r), cfg);
	ret = route_metric(r, what);
	if (ret != -ENOENT)
		return ret;
	return conf_error(
		r->err, r->err_size, -EINVAL,
		"route '%s': via, dev, src, metric, tos and the metrics mtu, advmss, window, "
		"rtt, rttvar, ssthresh, cwnd, initcwnd, initrwnd, reordering, hoplimit, "
		"rto_min, quickack, features, congctl, fastopen_no_cookie are accepted",
		what);
}

static u8 scope_of(const struct fib_config *cfg)
{
	if (cfg->fc_type == RTN_LOCAL)
		return RT_SCOPE_HOST;
	if (cfg->fc_gw4 || cfg->fc_type > RTN_BROADCAST)
		return RT_SCOPE_UNIVERSE;
	return RT_SCOPE_LINK;
}

/* All words. Under the stack lock. */
static int parse(struct route_text *r, struct net *net, struct fib_config *cfg)
{
	const char *word = route_word(r);
	int type = word ? type_of(word) : -ENOENT, ret;

	if (type >= 0)
		cfg->fc_type = (u8)type;
	else if (cfg->fc_nlflags != ROUTE_DELETE)
		cfg->fc_type = RTN_UNICAST;
	ret = take_prefix(r, type < 0 ? word : route_word(r), cfg);
	while (!ret && (word = route_word(r)) != NULL)
		ret = take_word(r, net, word, cfg);
	if (ret)
		return ret;
	route_metrics_end(r);
	cfg->fc_scope = scope_of(cfg);
	return 0;
}

static int told(struct route_text *r, int ret, const char *text)
{
	static const struct {
		int error;
		const char *reason;
	} reasons[] = {
		{ -EINVAL,
		  "it needs a device or a router, and other types than unicast no router" },
		{ -EEXIST, "there is one; it can be changed" },
		{ -ENOENT, "there is none to be changed" },
		{ -ESRCH, "there is none" },
		{ -ENETDOWN, "the device is down; one that is up is accepted" },
		{ -ENETUNREACH,
		  "the router is not in the subnet of a device that is up; one that is "
		  "there is accepted" },
	};
	const char *reason = NULL;

	if (!ret)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == ret)
			reason = reasons[i].reason;
	return conf_error(r->err, r->err_size, ret, "route '%s': %s", text,
			  reason ? reason : strerror(-ret));
}

static int insert(struct route_text *r, struct net *net, struct fib_config *cfg, const char *text)
{
	const char *wrong;
	int ret;

	cfg->fc_metrics = ip_fib_metrics_init(net, r->mx, (int)r->mx_len, &wrong);
	if (IS_ERR(cfg->fc_metrics))
		return conf_error(r->err, r->err_size, (int)PTR_ERR(cfg->fc_metrics),
				  "route '%s': %s", text, wrong ? wrong : "no memory");
	ret = fib_table_insert(net, cfg);
	dst_metrics_put(cfg->fc_metrics);
	return told(r, ret, text);
}

/* @nlflags: of fib_config, or ROUTE_DELETE. */
static int route(struct net *net, const char *text, u32 nlflags, char *err, size_t err_size)
{
	struct route_text r = { .err = err, .err_size = err_size };
	struct fib_config cfg = { .fc_nlflags = nlflags };
	char words[ROUTE_TEXT_MAX];
	int ret;

	conf_no_error(err, err_size);
	if (!text || strnlen(text, sizeof(words)) == sizeof(words))
		return conf_error(err, err_size, -EINVAL,
				  "route: a text of at most %d characters is accepted",
				  ROUTE_TEXT_MAX - 1);
	memcpy(words, text, strlen(text) + 1);
	r.next = words;
	ret = net_enter(net);
	if (ret)
		return ret;
	ret = parse(&r, net, &cfg);
	if (!ret)
		ret = nlflags == ROUTE_DELETE ? told(&r, fib_table_delete(net, &cfg), text) :
						insert(&r, net, &cfg, text);
	net_unlock(net);
	return ret;
}

int skiff_route_add(struct net *net, const char *text, char *err, size_t err_size)
{
	return route(net, text, NLM_F_CREATE | NLM_F_EXCL, err, err_size);
}

int skiff_route_change(struct net *net, const char *text, char *err, size_t err_size)
{
	return route(net, text, NLM_F_REPLACE, err, err_size);
}

int skiff_route_replace(struct net *net, const char *text, char *err, size_t err_size)
{
	return route(net, text, NLM_F_REPLACE | NLM_F_CREATE, err, err_size);
}

int skiff_route_del(struct net *net, const char *text, char *err, size_t err_size)
{
	return route(net, text, ROUTE_DELETE, err, err_size);
}
