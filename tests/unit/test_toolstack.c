/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the parts of lodge that touch no host: text, JSON, the store's framing, configurations.
 * Why:  lodge runs as root on files from anybody and on nodes that guests write.
 * How:  tables of input and outcome; of a wrong configuration every message is caught and must name
 *       the file, the line and what to do. fuzz_config goes on from here.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/config.h"
#include "toolstack/config_lines.h"
#include "toolstack/json.h"
#include "toolstack/message.h"
#include "toolstack/text.h"
#include "toolstack/xenstore_wire.h"

/* --- messages: caught --- */

static char said[8192];

void message(enum message_level level, const char *format, ...)
{
	const size_t used = strlen(said);
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(said + used, sizeof(said) - used, format, args);
	va_end(args);
	strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

const char *message_first_error(void)
{
	return said;
}

/* --- text --- */

static void texts_are_made_safe_for_a_terminal(void **state)
{
	static const struct {
		const char *text, *safe;
	} cases[] = {
		{"plain", "plain"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7"},
		{"a\nb\tc\x1b[2J\x7f", "a?b?c?[2J?"},
		{"\xc2\x9b"
		 "31m",
		 "??31m"},		      /* C1: an escape sequence in one character */
		{"\xc0\xaf", "??"},	      /* overlong '/' */
		{"\xed\xa0\x80", "???"},      /* half of a surrogate pair */
		{"\xf4\x90\x80\x80", "????"}, /* beyond Unicode */
		{"\xe2\x80\xae", "???"},      /* writes the rest from right to left */
		{"\xe2\x82", "??"},	      /* cut off by the end */
		{"\xff\xfe\x80", "???"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = strdup(cases[i].text);

		text_sanitise(text);
		assert_string_equal(text, cases[i].safe);
		free(text);
	}
}

static void numbers_are_read_strictly(void **state)
{
	static const char *const bad[] = {"",	 " 1",	"1 ", "+1",  "-1",
					  "0x1", "1.0", "9",  "101", "18446744073709551616",
					  "1e1"};
	uint64_t number = 5;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(text_to_number(bad[i], 10, 100, &number));
	assert_int_equal(number, 5);
	assert_true(text_to_number("010", 10, 100, &number));
	assert_true(text_to_number("100", 10, 100, &number));
	assert_int_equal(number, 100);
	assert_true(text_to_number("18446744073709551615", 0, UINT64_MAX, &number));
	assert_true(number == UINT64_MAX);
}

static void addresses_and_uuids_go_both_ways(void **state)
{
	static const char *const bad_macs[] = {"", "00:16:3e:00:00", "00:16:3e:00:00:01:02",
					       "0:16:3e:0:0:1", "gg:16:3e:00:00:01"};
	static const char uuid[] = "01234567-89ab-cdef-0123-456789abcdef";
	char text[UUID_TEXT_SIZE];
	uint8_t bytes[16];

	(void)state;
	assert_true(text_to_mac("00:16:3E:aB:cd:ef", bytes));
	text_from_mac(text, bytes);
	assert_string_equal(text, "00:16:3e:ab:cd:ef");
	for (size_t i = 0; i < ARRAY_SIZE(bad_macs); i++)
		assert_false(text_to_mac(bad_macs[i], bytes));
	assert_true(text_to_uuid(uuid, bytes));
	assert_int_equal(bytes[0], 0x01);
	assert_int_equal(bytes[15], 0xef);
	text_from_uuid(text, bytes);
	assert_string_equal(text, uuid);
	assert_false(text_to_uuid("01234567-89ab-cdef-0123-456789abcde", bytes));
	assert_false(text_to_uuid("01234567-89ab-cdef-0123-456789abcdeg", bytes));
}

static void json_is_always_valid(void **state)
{
	struct json json;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	json_init(&json, file);
	json_open(&json, NULL, '{');
	json_text(&json, "na\"me", "a\\b\"c\n\xff\xc3\xa4");
	json_text(&json, "none", NULL);
	json_number(&json, "n", INT64_MIN);
	json_bool(&json, "yes", true);
	json_open(&json, "list", '[');
	json_number(&json, NULL, 1);
	json_number(&json, NULL, 2);
	json_close(&json);
	json_open(&json, "empty", '{');
	json_close(&json);
	json_close(&json);
	fclose(file);
	assert_string_equal(text, "{\"na\\\"me\":\"a\\\\b\\\"c??\xc3\xa4\",\"none\":null,"
				  "\"n\":-9223372036854775808,\"yes\":true,\"list\":[1,2],"
				  "\"empty\":{}}\n");
	free(text);
}

/* --- the store's framing --- */

static void replies_are_believed_within_bounds(void **state)
{
	struct xsd_sockmsg header = {.type = XS_READ, .len = 5};
	char data[64] = {0};

	(void)state;
	memcpy(data, &header, sizeof(header));
	for (size_t have = 0; have < sizeof(header) + 5; have++)
		assert_int_equal(wire_parse(data, have, &header), 0);
	assert_int_equal(wire_parse(data, sizeof(header) + 5, &header), sizeof(header) + 5);
	assert_int_equal(wire_parse(data, sizeof(data), &header), sizeof(header) + 5);
	header.len = XENSTORE_PAYLOAD_MAX + 1;
	memcpy(data, &header, sizeof(header));
	assert_int_equal(wire_parse(data, sizeof(header), &header), -EPROTO);
	header.len = UINT32_MAX;
	memcpy(data, &header, sizeof(header));
	assert_int_equal(wire_parse(data, sizeof(data), &header), -EPROTO);
	assert_int_equal(wire_error("ENOENT", 7), -ENOENT);
	assert_int_equal(wire_error("ENOENT", 6), -ENOENT);
	assert_int_equal(wire_error("ENOENTX", 8), -EIO);
	assert_int_equal(wire_error("", 0), -EIO);
}

static void requests_end_as_the_protocol_wants(void **state)
{
	struct xenstore_batch batch = {0};
	static char big[XENSTORE_PAYLOAD_MAX + 2];
	const char *const write[] = {"/a", "value"}, *const read[] = {"/a"}, *const large[] = {big};
	const struct xsd_sockmsg *header;

	(void)state;
	wire_append(&batch, XS_WRITE, 7, write, 2);
	wire_append(&batch, XS_READ, 0, read, 1);
	header = (const void *)batch.data;
	assert_int_equal(header->len, 8); /* the value has no NUL */
	assert_int_equal(header->tx_id, 7);
	assert_memory_equal(batch.data + sizeof(*header), "/a\0value", 8);
	header = (const void *)(batch.data + sizeof(*header) + 8);
	assert_int_equal(header->len, 3);
	assert_int_equal(batch.count, 2);
	assert_false(batch.failed);
	memset(big, 'x', sizeof(big) - 1);
	wire_append(&batch, XS_READ, 0, large, 1);
	assert_true(batch.failed);
	free(batch.data);
}

/* --- configurations --- */

static int parse(struct config *config, const char *text, const char *override)
{
	char *overrides[] = {strdup(override ? override : "")};
	int error;

	said[0] = '\0';
	memset(config, 0, sizeof(*config));
	error = config_parse(config, "web.cfg", text, "/srv", overrides, override != NULL);
	free(overrides[0]);
	return error;
}

#define HEAD "name='web'\nkernel=\"httpd\"\n"

static void a_whole_configuration(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(
		parse(&config,
		      "# all of it\n" HEAD "type='pv'; memory = 16\nmaxmem=32\nvcpus=2\n"
		      "extra=\"lodger.ip=10.0.0.2/24 /srv\"\nroot='/dev/xvda'\n"
		      "uuid='01234567-89ab-cdef-0123-456789abcdef'\n"
		      "vif=['mac=00:16:3e:00:00:01 , bridge=br7, vifname=web0', '']\n"
		      "disk=['www.img,raw,xvda,r', 'phy:/dev/vg/x,xvdb1,w',\n"
		      "      'vdev=sdc, format=raw, access=rw, target=/a b.img']\n"
		      "on_poweroff='destroy'\non_reboot=\"restart\"\non_crash='preserve'\n",
		      NULL),
		0);
	assert_string_equal(said, "");
	assert_string_equal(config.name, "web");
	assert_string_equal(config.kernel, "/srv/httpd");
	assert_string_equal(config.cmdline, "root=/dev/xvda lodger.ip=10.0.0.2/24 /srv");
	assert_int_equal(config.memory_mib, 16);
	assert_int_equal(config.maxmem_mib, 32);
	assert_int_equal(config.vcpus, 2);
	assert_int_equal(config.uuid[15], 0xef);
	assert_int_equal(config.on_crash, ACTION_PRESERVE);
	assert_int_equal(config.vif_count, 2);
	assert_string_equal(config.vifs[0].bridge, "br7");
	assert_string_equal(config.vifs[0].vifname, "web0");
	assert_memory_equal(config.vifs[0].mac, "\x00\x16\x3e\x00\x00\x01", 6);
	assert_string_equal(config.vifs[1].bridge, "xenbr0");
	assert_memory_equal(config.vifs[1].mac, "\x00\x16\x3e", 3);
	assert_int_equal(config.disk_count, 3);
	assert_string_equal(config.disks[0].target, "/srv/www.img");
	assert_true(config.disks[0].readonly);
	assert_int_equal(config.disks[0].devid, 51712);
	assert_string_equal(config.disks[1].target, "/dev/vg/x");
	assert_int_equal(config.disks[1].devid, 51729);
	assert_false(config.disks[1].readonly);
	assert_string_equal(config.disks[2].target, "/a b.img");
	assert_int_equal(config.disks[2].devid, 2080);
	config_free(&config);
}

static void a_type_has_its_own_settings(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(parse(&config, HEAD, NULL), 0);
	assert_int_equal(config.type, TYPE_PV);
	config_free(&config);
	assert_int_equal(parse(&config, HEAD "builder='generic'\ntsc_mode=2\n", NULL), 0);
	assert_int_equal(config.type, TYPE_PV);
	assert_int_equal(config.tsc_mode, TSC_NATIVE);
	config_free(&config);

	assert_int_equal(parse(&config, HEAD "type='pvh'\n", NULL), 0);
	assert_string_equal(said, "");
	assert_int_equal(config.type, TYPE_PVH);
	assert_int_equal(config.timer_mode, 1); /* no_delay_for_missed_ticks, as libxl */
	assert_int_equal(config.hap, -1);
	assert_int_equal(config.shadow_memory_mib, 0);
	assert_false(config.nomigrate);
	config_free(&config);

	assert_int_equal(parse(&config,
			       HEAD "type='pvh'\ntimer_mode='delay_for_missed_ticks'\nhap=0\n"
				    "shadow_memory=8\nnestedhvm=0\npvshim=0\nacpi=0\nnomigrate=1\n",
			       NULL),
			 0);
	assert_string_equal(said, "");
	assert_int_equal(config.timer_mode, 0);
	assert_int_equal(config.hap, 0);
	assert_int_equal(config.shadow_memory_mib, 8);
	assert_true(config.nomigrate);
	config_free(&config);
}

static void overrides_come_last(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(parse(&config, HEAD "memory=16\n", "memory=64"), 0);
	assert_int_equal(config.memory_mib, 64);
	config_free(&config);
	assert_int_equal(parse(&config, HEAD, "memory='x'"), -EINVAL);
	assert_non_null(strstr(said, "command line"));
	config_free(&config);
}

/* Each names the place, and the setting or the word that is wrong. */
static void errors_say_where_and_what(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} cases[] = {
		{"kernel='k'\n", "web.cfg", "name"},
		{"name='n'\n", "web.cfg", "kernel"},
		{HEAD "\n\nmemory='lots'\n", "web.cfg:5:", "lots"},
		{HEAD "memory=0\n", "web.cfg:3:", "memory"},
		{HEAD "memory=[1]\n", "web.cfg:3:", "memory"},
		{HEAD "memory=16\nmaxmem=8\n", "web.cfg:4:", "maxmem"},
		{HEAD "vcpus=0\n", "web.cfg:3:", "vcpus"},
		{HEAD "type='hvm'\n", "web.cfg:3:", "type=\"pvh\""},
		{HEAD "type='x'\n", "web.cfg:3:", "type=\"pv\""},
		{HEAD "type='pvh '\n", "web.cfg:3:", "'pvh '"},
		{HEAD "builder='hvm'\n", "web.cfg:3:", "xl"},
		{HEAD "builder='x'\n", "web.cfg:3:", "'x'"},
		{HEAD "type='pvh'\nbuilder='generic'\n", "web.cfg:4:", "contradicts"},
		{HEAD "timer_mode='no_missed_ticks_pending'\n", "web.cfg:3:", "pv domain"},
		{HEAD "type='pvh'\ntimer_mode='native'\n", "web.cfg:4:", "one_missed_tick_pending"},
		{HEAD "type='pvh'\nhap='yes'\n", "web.cfg:4:", "yes"},
		{HEAD "type='pvh'\nshadow_memory=0\n", "web.cfg:4:", "shadow_memory"},
		{HEAD "type='pvh'\nnestedhvm=1\n", "web.cfg:4:", "leave it out"},
		{HEAD "type='pvh'\npvshim=1\n", "web.cfg:4:", "shim"},
		{HEAD "tsc_mode='native_paravirt'\n", "web.cfg:3:", "none of default"},
		{HEAD "tsc_mode=3\n", "web.cfg:3:", "none of default"},
		{HEAD "uuid='1'\n", "web.cfg:3:", "uuid"},
		{HEAD "on_crash='explode'\n", "web.cfg:3:", "explode"},
		{HEAD "vif=['mac=1']\n", "web.cfg:3:", "00:16:3e"},
		{HEAD "vif=['mac=01:00:5e:00:00:01']\n", "web.cfg:3:", "multicast"},
		{HEAD "vif=['',\n\n'bridge=a/b']\n", "web.cfg:5:", "a/b"},
		{HEAD "vif=['vifname=sixteen-letters!']\n", "web.cfg:3:", "vifname"},
		{HEAD "vif=['speed=9']\n", "web.cfg:3:", "speed"},
		{HEAD "vif=['bridge']\n", "web.cfg:3:", "bridge="},
		{HEAD "vif=['mtu=67']\n", "web.cfg:3:", "68 to 65535"},
		{HEAD "vif=['mtu=65536']\n", "web.cfg:3:", "68 to 65535"},
		{HEAD "disk=['/a,raw,xvda,w',\n'/b,qcow2,xvdb,w']\n", "web.cfg:4:", "raw"},
		{HEAD "disk=['/a,raw,vda,w']\n", "web.cfg:3:", "vda"},
		{HEAD "disk=['/a,raw,xvda,x']\n", "web.cfg:3:", "disk"},
		{HEAD "disk=['']\n", "web.cfg:3:", "disk"},
		{HEAD "name='a/b'\n", "web.cfg", "name"},
		{HEAD "=\n", "web.cfg", ""},
		{HEAD "memory=\n", "web.cfg", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config;

		if (parse(&config, cases[i].text, NULL) != -EINVAL)
			fail_msg("accepted: %s", cases[i].text);
		if (!strstr(said, cases[i].where) || !strstr(said, cases[i].what))
			fail_msg("of \"%s\" it says \"%s\"", cases[i].text, said);
		config_free(&config);
	}
}

/* The setting is taken without an error, but not in silence. */
static void what_does_nothing_is_warned_about(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{HEAD "memroy=16\n", "web.cfg:3: memroy:"},
		{HEAD "hap=1\n", "web.cfg:3: hap:"},
		{HEAD "nestedhvm=1\n", "web.cfg:3: nestedhvm:"},
		{HEAD "pae=1\n", "web.cfg:3: pae:"},
		{HEAD "acpi=1\n", "web.cfg:3: acpi:"},
		{HEAD "type='pvh'\nmemory=8\nmaxmem=16\n", "web.cfg:5: maxmem:"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config config;

		assert_int_equal(parse(&config, cases[i].text, NULL), 0);
		if (!strstr(said, cases[i].what))
			fail_msg("of \"%s\" it says \"%s\"", cases[i].text, said);
		config_free(&config);
	}
}

static void a_command_line_that_does_not_fit(void **state)
{
	char text[3000] = HEAD "extra='";
	struct config config;

	(void)state;
	memset(text + strlen(text), 'x', 2000);
	strcat(text, "'\n");
	assert_int_equal(parse(&config, text, NULL), -EINVAL);
	assert_non_null(strstr(said, "1023"));
	config_free(&config);
}

static void disks_have_their_usual_numbers(void **state)
{
	static const struct {
		const char *name;
		unsigned devid;
	} good[] = {{"xvda", 51712},	 {"xvda1", 51713},     {"xvdp15", 51967},
		    {"xvdq", 268439552}, {"xvdaa", 268442112}, {"xvda16", 268435472},
		    {"hda", 768},	 {"hdc", 5632},	       {"sda", 2048},
		    {"sdp15", 2303}};
	static const char *const bad[] = {"",	    "x",       "xvd",	"xvd1",	  "xvda0",
					  "xvda01", "xvda256", "XVDA",	"vda",	  "hde",
					  "sdq",    "sda16",   "hda64", "xvda-1", "xvdzzzzzzzz"};
	unsigned devid;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(config_vdev(good[i].name, &devid));
		assert_int_equal(devid, good[i].devid);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(config_vdev(bad[i], &devid));
}

static void settings_are_found_on_their_lines(void **state)
{
	static const char text[] = "a = 1 # b = 2\n\nb='x\\'c=3'; c=[ 'one',\n # two\n 'two' ]\n";

	(void)state;
	assert_int_equal(config_find_line(text, "a", -1), 1);
	assert_int_equal(config_find_line(text, "b", -1), 3);
	assert_int_equal(config_find_line(text, "c", -1), 3);
	assert_int_equal(config_find_line(text, "c", 0), 3);
	assert_int_equal(config_find_line(text, "c", 1), 5);
	assert_int_equal(config_find_line(text, "d", -1), 0);
}

static void a_card_by_itself(void **state)
{
	char *words[] = {"mac=00:16:3e:00:00:01,bridge=br7", " mtu = 9000 ", "rate=10Mb/s"};
	char *wrong[] = {"speed=9"};
	struct config_vif vif;

	(void)state;
	assert_int_equal(config_parse_card(&vif, words, ARRAY_SIZE(words)), 0);
	assert_memory_equal(vif.mac, "\x00\x16\x3e\x00\x00\x01", 6);
	assert_string_equal(vif.bridge, "br7");
	assert_int_equal(vif.mtu, 9000);
	assert_int_not_equal(vif.rate_interval_us, 0);
	config_free_vif(&vif);
	assert_int_equal(config_parse_card(&vif, NULL, 0), 0);
	assert_memory_equal(vif.mac, "\x00\x16\x3e", 3);
	assert_string_equal(vif.bridge, "xenbr0");
	assert_int_equal(vif.mtu, 0);
	config_free_vif(&vif);
	assert_string_equal(said, "");
	assert_int_equal(config_parse_card(&vif, wrong, 1), -EINVAL);
	assert_string_equal(said,
			    "command line: vif: 'speed' is not known; use mac, bridge, script, "
			    "vifname, ip, rate, mtu\n");
	config_free_vif(&vif);
}

static void a_disk_by_itself(void **state)
{
	char *words[] = {"/dev/sda7,raw", "vdev=xvdb,access=ro"};
	char *relative[] = {"disk.img,raw,xvdc,w"};
	char *wrong[] = {"format=qcow2,vdev=xvda,target=/a"}, *nothing[] = {"nonsense=1"};
	struct config_disk disk;

	(void)state;
	assert_int_equal(config_parse_disk_words(&disk, words, ARRAY_SIZE(words)), 0);
	assert_string_equal(disk.target, "/dev/sda7");
	assert_string_equal(disk.vdev, "xvdb");
	assert_int_equal(disk.devid, 51728);
	assert_true(disk.readonly);
	config_free_disk(&disk);
	/* From where one is, as anything else on a command line. */
	assert_int_equal(config_parse_disk_words(&disk, relative, 1), 0);
	assert_int_equal(disk.target[0], '/');
	assert_non_null(strstr(disk.target, "/disk.img"));
	assert_false(disk.readonly);
	config_free_disk(&disk);
	assert_string_equal(said, "");
	assert_int_equal(config_parse_disk_words(&disk, wrong, 1), -EINVAL);
	assert_non_null(strstr(said, "command line: disk: only raw images"));
	config_free_disk(&disk);
	assert_int_equal(config_parse_disk_words(&disk, nothing, 1), -EINVAL);
	assert_non_null(strstr(said, "command line: disk: "));
	config_free_disk(&disk);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(texts_are_made_safe_for_a_terminal),
	cmocka_unit_test(numbers_are_read_strictly),
	cmocka_unit_test(addresses_and_uuids_go_both_ways),
	cmocka_unit_test(json_is_always_valid),
	cmocka_unit_test(replies_are_believed_within_bounds),
	cmocka_unit_test(requests_end_as_the_protocol_wants),
	cmocka_unit_test(a_whole_configuration),
	cmocka_unit_test(a_type_has_its_own_settings),
	cmocka_unit_test(overrides_come_last),
	cmocka_unit_test(errors_say_where_and_what),
	cmocka_unit_test(what_does_nothing_is_warned_about),
	cmocka_unit_test(a_command_line_that_does_not_fit),
	cmocka_unit_test(disks_have_their_usual_numbers),
	cmocka_unit_test(settings_are_found_on_their_lines),
	cmocka_unit_test(a_card_by_itself),
	cmocka_unit_test(a_disk_by_itself),
};

UNIT_MAIN(tests)
