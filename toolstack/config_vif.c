/* SPDX-License-Identifier: BSD-2-Clause */
/* One element of vif=[...]: "key=value,key=value" (xl-network-configuration(5)). */
#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/config_parse.h"
#include "toolstack/identity.h"
#include "toolstack/text.h"

#define BRIDGE_DEFAULT	 "xenbr0" /* as xl */
#define SCRIPT_DIRECTORY "/etc/xen/scripts"

static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* A name that an interface can have; takes a copy. */
static void set_interface(struct config_parse *parse, int element, const char *key,
			  const char *value, char **field)
{
	if (!*value || strlen(value) >= IFNAMSIZ || strpbrk(value, "/ :")) {
		config_fail(parse, "vif", element, "%s='%s' is no name of an interface", key,
			    value);
		return;
	}
	free(*field);
	*field = config_copy(parse, value);
}

static void set_rate(struct config_parse *parse, int element, const char *value,
		     struct config_vif *vif)
{
	libxl_device_nic nic;

	memset(&nic, 0, sizeof(nic));
	if (xlu_vif_parse_rate(parse->xlu, value, &nic)) {
		config_fail(parse, "vif", element,
			    "rate='%s' does not look like 10Mb/s or 1MB/s@20ms", value);
		return;
	}
	vif->rate_bytes = nic.rate_bytes_per_interval;
	vif->rate_interval_us = nic.rate_interval_usecs;
}

/* What IPv4 asks of every link, and what an IP packet can be. */
#define MTU_MIN 68
#define MTU_MAX 65535

static void set(struct config_parse *parse, int element, const char *key, const char *value,
		struct config_vif *vif)
{
	if (!strcmp(key, "mac")) {
		if (!text_to_mac(value, vif->mac))
			config_fail(parse, "vif", element,
				    "mac='%s' does not look like 00:16:3e:12:34:56", value);
		else if (vif->mac[0] & 1)
			config_fail(parse, "vif", element,
				    "mac='%s' is a multicast address; make its first byte even",
				    value);
	} else if (!strcmp(key, "bridge")) {
		set_interface(parse, element, key, value, &vif->bridge);
	} else if (!strcmp(key, "vifname")) {
		set_interface(parse, element, key, value, &vif->vifname);
	} else if (!strcmp(key, "script")) {
		free(vif->script);
		vif->script = *value == '/' ? config_copy(parse, value)
					    : text_format("%s/%s", SCRIPT_DIRECTORY, value);
	} else if (!strcmp(key, "ip")) {
		free(vif->ip);
		vif->ip = config_copy(parse, value);
	} else if (!strcmp(key, "rate")) {
		set_rate(parse, element, value, vif);
	} else if (!strcmp(key, "mtu")) {
		uint64_t mtu = 0;

		if (!text_to_number(value, MTU_MIN, MTU_MAX, &mtu))
			config_fail(parse, "vif", element, "mtu='%s' is no number from %d to %d",
				    value, MTU_MIN, MTU_MAX);
		vif->mtu = (unsigned)mtu;
	} else if (!strcmp(key, "backend")) {
		if (strcmp(value, "0") && strcmp(value, "Domain-0"))
			config_fail(parse, "vif", element,
				    "backend='%s': lodge knows no backend but that of Domain-0",
				    value);
	} else if (!strcmp(key, "type") || !strcmp(key, "model")) {
		if (strcmp(value, "vif"))
			config_warn(parse, "vif", element,
				    "%s='%s' is ignored: there is no emulated card without a "
				    "device model",
				    key, value);
	} else {
		config_fail(parse, "vif", element,
			    "'%s' is not known; use mac, bridge, script, vifname, ip, rate, mtu",
			    key);
	}
}

/* Divided by commas. */
static void set_all(struct config_parse *parse, int element, const char *spec,
		    struct config_vif *vif)
{
	char *copy = config_copy(parse, spec), *rest = copy, *word;

	while (copy && (word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		word = trim(word);
		if (!*word && !value)
			continue;
		if (value)
			set(parse, element, word, trim(value), vif);
		else
			config_fail(parse, "vif", element, "'%s' has no value; write %s=...", word,
				    word);
	}
	free(copy);
}

static void set_defaults(struct config_parse *parse, struct config_vif *vif)
{
	static const uint8_t no_mac[6];

	if (!memcmp(vif->mac, no_mac, sizeof(no_mac)))
		identity_mac(vif->mac);
	if (!vif->bridge)
		vif->bridge = config_copy(parse, BRIDGE_DEFAULT);
}

void config_parse_vif(struct config_parse *parse, int element, const char *spec,
		      struct config_vif *vif)
{
	set_all(parse, element, spec, vif);
	set_defaults(parse, vif);
}

static void take_words(struct config_parse *parse, char *const words[], size_t count, void *into)
{
	for (size_t i = 0; i < count; i++)
		set_all(parse, -1, words[i], into);
	if (!parse->error)
		set_defaults(parse, into);
}

int config_parse_card(struct config_vif *vif, char *const words[], size_t count)
{
	*vif = (struct config_vif){0};
	return config_words(take_words, words, count, vif);
}

void config_free_vif(struct config_vif *vif)
{
	free(vif->bridge);
	free(vif->script);
	free(vif->vifname);
	free(vif->ip);
	*vif = (struct config_vif){0};
}
