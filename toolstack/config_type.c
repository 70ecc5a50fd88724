/* SPDX-License-Identifier: BSD-2-Clause */
/* The type of the domain, and the settings that only some types have. */
#include <string.h>

#include "toolstack/config_parse.h"

#define TIMER_MODE_DEFAULT    1 /* no_delay_for_missed_ticks, as libxl */
#define SHADOW_MEMORY_MIB_MAX (UINT64_C(1) << 20)

const char *const config_type_names[TYPE_COUNT] = {
	[TYPE_PV] = "pv",
	[TYPE_PVH] = "pvh",
};

static void fail_hvm(struct config_parse *parse, const char *key)
{
	config_fail(parse, key, -1,
		    "an hvm domain needs a device model, which lodge does not run; "
		    "create it with xl, or use type=\"pvh\"");
}

static void parse_type(struct config_parse *parse)
{
	const char *type = config_text(parse, "type");

	if (!type || !strcmp(type, config_type_names[TYPE_PV]))
		parse->config->type = TYPE_PV;
	else if (!strcmp(type, config_type_names[TYPE_PVH]))
		parse->config->type = TYPE_PVH;
	else if (!strcmp(type, "hvm"))
		fail_hvm(parse, "type");
	else
		config_fail(parse, "type", -1,
			    "'%s' is no type of domain; use type=\"pv\" or type=\"pvh\"", type);
}

/* The old way to say it, which knows nothing of pvh; xl takes it along with an equal `type'. */
static void parse_builder(struct config_parse *parse)
{
	const char *builder = config_text(parse, "builder");

	if (!builder)
		return;
	if (!strcmp(builder, "hvm"))
		fail_hvm(parse, "builder");
	else if (strcmp(builder, "generic") && strcmp(builder, "linux"))
		config_fail(parse, "builder", -1, "'%s' is not known; use type=\"pv\" instead",
			    builder);
	else if (parse->config->type != TYPE_PV)
		config_fail(parse, "builder", -1, "'%s' contradicts type=\"%s\"; leave builder out",
			    builder, config_type_names[parse->config->type]);
}

static void parse_pvh(struct config_parse *parse)
{
	static const char *const timer_modes[] = {
		"delay_for_missed_ticks", "no_delay_for_missed_ticks", "no_missed_ticks_pending",
		"one_missed_tick_pending"};
	struct config *config = parse->config;

	config->timer_mode = TIMER_MODE_DEFAULT;
	config_choice(parse, "timer_mode", timer_modes,
		      sizeof(timer_modes) / sizeof(timer_modes[0]), &config->timer_mode);
	config->hap = config_switch(parse, "hap");
	config_number(parse, "shadow_memory", 1, SHADOW_MEMORY_MIB_MAX, &config->shadow_memory_mib);
	if (config_switch(parse, "nestedhvm") > 0)
		config_fail(parse, "nestedhvm", -1,
			    "lodge cannot give a domain virtualisation of its own; leave it out");
	if (config_switch(parse, "pvshim") > 0)
		config_fail(parse, "pvshim", -1,
			    "lodge starts no shim; leave it out, or use type=\"pv\"");
}

static void parse_pv(struct config_parse *parse)
{
	static const char *const others[] = {"hap", "shadow_memory", "nestedhvm", "pvshim"};

	if (config_text(parse, "timer_mode"))
		config_fail(parse, "timer_mode", -1,
			    "a pv domain has no emulated timers; leave it out");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (config_text(parse, others[i]))
			config_warn(parse, others[i], -1, "is ignored: it is not for pv domains");
}

void config_parse_type(struct config_parse *parse)
{
	parse_type(parse);
	parse_builder(parse);
	if (parse->config->type == TYPE_PVH)
		parse_pvh(parse);
	else
		parse_pv(parse);
	if (config_switch(parse, "acpi") > 0)
		config_warn(parse, "acpi", -1, "is ignored: lodge makes no ACPI tables");
}
