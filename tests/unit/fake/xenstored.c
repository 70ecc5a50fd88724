/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xenstored's end of the ring: reads requests, answers them, sends watch events.
 *
 *   req ring -> partial request -> handle() -> reply() -> mangle -> waiting bytes -> rsp ring
 *
 * A transaction is a copy of the tree and the generation it was taken from. It commits when that is
 * still the generation; the real daemon compares node by node and so refuses less often.
 */
#include "tests/unit/fake/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRANSACTIONS 16
#define WATCHES	     128
#define LATE	     32
#define HOME	     "/local/domain/7/" /* FAKE_GUEST's */

struct transaction {
	uint32_t id;
	struct fake_tree *tree;
	unsigned long generation;
};

struct watch {
	char *path; /* absolute */
	char *as;   /* as the guest spelt it: events speak its language */
	char *token;
};

struct late {
	struct fake_message message;
	bool used;
};

static struct xenstore_domain_interface *ring;
static struct fake_channel *channel;
static struct transaction transactions[TRANSACTIONS];
static struct watch watches[WATCHES];
static size_t watches_end; /* none is set from here on */
static struct late late[LATE];
static uint32_t next_transaction = 1;
static unsigned conflicts;
static unsigned long requests[XS_TYPE_COUNT], requests_all;

/* The request that is coming in. */
static struct {
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
	size_t have;
} in;

/* Bytes that wait for room in the ring. */
static uint8_t *waiting;
static size_t waiting_len, waiting_size;

void (*fake_store_mangle)(struct fake_message *message);
bool fake_store_deaf;

/* --- to the guest --- */

void fake_store_notify(void)
{
	fake_channel_notify(channel);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool flush(void)
{
	XENSTORE_RING_IDX prod, room;
	size_t now, at, piece;

	if (!ring || !waiting_len)
		return false;
	prod = ring->rsp_prod;
	room = XENSTORE_RING_SIZE - (prod - __atomic_load_n(&ring->rsp_cons, __ATOMIC_ACQUIRE));
	if (room > XENSTORE_RING_SIZE)
		fake_violation("store ring: rsp_cons %u beyond rsp_prod %u", ring->rsp_cons, prod);
	now = least(waiting_len, room);
	if (!now)
		return false;
	for (size_t i = 0; i < now; i += piece) {
		at = MASK_XENSTORE_IDX(prod + i);
		piece = least(now - i, XENSTORE_RING_SIZE - at);
		memcpy(ring->rsp + at, waiting + i, piece);
	}
	prod += (XENSTORE_RING_IDX)now;
	waiting_len -= now;
	memmove(waiting, waiting + now, waiting_len);
	__atomic_store_n(&ring->rsp_prod, prod, __ATOMIC_RELEASE);
	fake_store_notify();
	return true;
}

void fake_store_push(const void *bytes, size_t len)
{
	if (waiting_len + len > waiting_size) {
		waiting_size = 2 * (waiting_len + len);
		waiting = realloc(waiting, waiting_size);
	}
	if (len)
		memcpy(waiting + waiting_len, bytes, len);
	waiting_len += len;
	flush();
}

static void message_push(const struct fake_message *message)
{
	fake_store_push(&message->header, sizeof(message->header));
	fake_store_push(message->payload, message->len);
}

static void late_fire(void *self)
{
	struct late *parcel = self;

	message_push(&parcel->message);
	parcel->used = false;
}

static void message_send(struct fake_message *message)
{
	message->copies = 1;
	message->delay_ns = 0;
	if (fake_store_mangle)
		fake_store_mangle(message);
	for (unsigned copy = 0; copy < message->copies; copy++) {
		struct late *parcel = late;

		if (!message->delay_ns) {
			message_push(message);
			continue;
		}
		while (parcel < late + LATE && parcel->used)
			parcel++;
		if (parcel == late + LATE)
			fake_violation("too many late messages");
		*parcel = (struct late){.message = *message, .used = true};
		fake_timer_add(fake_clock_ns() + message->delay_ns, late_fire, parcel);
	}
}

static void reply(const void *payload, size_t len)
{
	static struct fake_message message;

	message.header = (struct xsd_sockmsg){.type = in.header.type,
					      .req_id = in.header.req_id,
					      .tx_id = in.header.tx_id,
					      .len = (uint32_t)len};
	if (len)
		memcpy(message.payload, payload, len);
	message.len = len;
	message_send(&message);
}

static void reply_ok(void)
{
	reply("OK", 3);
}

static void reply_error(const char *name)
{
	in.header.type = XS_ERROR;
	reply(name, strlen(name) + 1);
}

/* --- watches --- */

static void watch_fire(const struct watch *watch, const char *path)
{
	static struct fake_message message;
	const char *seen = path;
	size_t len;

	/* A watch on a relative path reports relative paths. */
	if (watch->as[0] != '/' && watch->as[0] != '@' && strncmp(path, HOME, strlen(HOME)) == 0)
		seen = path + strlen(HOME);
	len = strlen(seen) + 1 + strlen(watch->token) + 1;
	message.header = (struct xsd_sockmsg){.type = XS_WATCH_EVENT, .len = (uint32_t)len};
	memcpy(message.payload, seen, strlen(seen) + 1);
	memcpy(message.payload + strlen(seen) + 1, watch->token, strlen(watch->token) + 1);
	message.len = len;
	message_send(&message);
}

/* A change is seen by watches on the node and above it, and a removal by those below it too. */
void fake_store_changed(const char *path)
{
	for (size_t i = 0; i < watches_end; i++) {
		if (!watches[i].path)
			continue;
		if (fake_store_below(path, watches[i].path))
			watch_fire(&watches[i], path);
		else if (fake_store_below(watches[i].path, path) && !fake_store_read(path))
			watch_fire(&watches[i], watches[i].path);
	}
}

static void watch_add(const char *path, const char *as, const char *token)
{
	for (size_t i = 0; i < WATCHES; i++)
		if (watches[i].path && strcmp(watches[i].path, path) == 0 &&
		    strcmp(watches[i].token, token) == 0) {
			reply_error("EEXIST");
			return;
		}
	for (size_t i = 0; i < WATCHES; i++) {
		if (watches[i].path)
			continue;
		watches[i] = (struct watch){
			.path = strdup(path), .as = strdup(as), .token = strdup(token)};
		if (i >= watches_end)
			watches_end = i + 1;
		reply_ok();
		/* Every watch fires once when it is set. */
		watch_fire(&watches[i], path);
		return;
	}
	reply_error("E2BIG");
}

static void watch_drop(struct watch *watch)
{
	free(watch->path);
	free(watch->as);
	free(watch->token);
	*watch = (struct watch){0};
}

static void watch_remove(const char *path, const char *token)
{
	for (size_t i = 0; i < WATCHES; i++)
		if (watches[i].path && strcmp(watches[i].path, path) == 0 &&
		    strcmp(watches[i].token, token) == 0) {
			watch_drop(&watches[i]);
			reply_ok();
			return;
		}
	reply_error("ENOENT");
}

/* --- transactions --- */

static struct transaction *transaction_find(uint32_t id)
{
	for (size_t i = 0; i < TRANSACTIONS; i++)
		if (transactions[i].id == id)
			return &transactions[i];
	return NULL;
}

static void transaction_start(void)
{
	struct transaction *transaction = transaction_find(0);
	char text[16];
	int len;

	if (!transaction) {
		reply_error("ENOSPC");
		return;
	}
	*transaction = (struct transaction){.id = next_transaction++,
					    .tree = fake_tree_copy(fake_store_tree()),
					    .generation = fake_store_generation()};
	len = snprintf(text, sizeof(text), "%u", transaction->id);
	reply(text, (size_t)len + 1);
}

static void transaction_end(struct transaction *transaction, bool commit)
{
	struct fake_tree *before, *after = transaction->tree;
	const bool stale = transaction->generation != fake_store_generation() || conflicts;

	*transaction = (struct transaction){0};
	if (!commit || stale) {
		fake_tree_free(after);
		if (commit && conflicts)
			conflicts--;
		if (commit)
			reply_error("EAGAIN");
		else
			reply_ok();
		return;
	}
	before = fake_tree_copy(fake_store_tree());
	fake_store_replace(after);
	reply_ok();
	fake_tree_compare(before, after, fake_store_changed);
	fake_tree_free(before);
}

/* --- from the guest --- */

/*
 * As xenstored: who may not read the directory above a node is not told that it is gone. Of a device's
 * back end the guest may read its own directory, and nothing above.
 */
static const char *missing(struct fake_tree *tree, const char *path)
{
	char above[XENSTORE_ABS_PATH_MAX + 1];
	const char *end = strrchr(path, '/');
	size_t len;

	snprintf(above, sizeof(above), "%.*s", (int)(end - path), path);
	return fake_store_allowed(path) || fake_tree_get(tree, above, &len) ? "ENOENT" : "EACCES";
}

static void handle_node(struct fake_tree *tree, bool live, const char *path, const char *rest,
			size_t rest_len)
{
	const enum xsd_sockmsg_type type = (enum xsd_sockmsg_type)in.header.type;
	const bool writes = type == XS_WRITE || type == XS_MKDIR || type == XS_RM;
	static char names[XENSTORE_PAYLOAD_MAX];
	const char *value;
	size_t len;

	if (writes && !fake_store_allowed(path)) {
		reply_error("EACCES");
		return;
	}
	value = fake_tree_get(tree, path, &len);
	switch (type) {
	case XS_READ:
		if (value)
			reply(value, len);
		else
			reply_error(missing(tree, path));
		break;
	case XS_DIRECTORY:
		if (value)
			reply(names, fake_tree_list(tree, path, names, sizeof(names)));
		else
			reply_error("ENOENT");
		break;
	case XS_GET_PERMS:
		if (value)
			reply("n0\0r7", 6);
		else
			reply_error("ENOENT");
		break;
	case XS_WRITE:
	case XS_MKDIR:
		if (type == XS_MKDIR && value)
			;
		else if (live)
			fake_store_write_bytes(path, rest, rest_len);
		else
			fake_tree_set(tree, path, rest, rest_len);
		reply_ok();
		break;
	case XS_RM:
		if (!value) {
			/* The daemon forgives this when the parent exists. */
			reply_ok();
			break;
		}
		if (live)
			fake_store_remove(path);
		else
			fake_tree_remove(tree, path);
		reply_ok();
		break;
	default:
		reply_error("ENOSYS");
	}
}

static void handle(void)
{
	const uint32_t len = in.header.len;
	struct transaction *transaction = NULL;
	static char path[XENSTORE_PAYLOAD_MAX + 64];
	const char *end, *rest;
	size_t rest_len;

	requests_all++;
	if (in.header.type < XS_TYPE_COUNT)
		requests[in.header.type]++;
	in.payload[len] = '\0';
	if (in.header.tx_id) {
		transaction = transaction_find(in.header.tx_id);
		if (!transaction) {
			reply_error("ENOENT");
			return;
		}
	}
	if (in.header.type == XS_TRANSACTION_START) {
		transaction_start();
		return;
	}
	if (in.header.type == XS_TRANSACTION_END) {
		if (!transaction || len != 2 || (in.payload[0] != 'T' && in.payload[0] != 'F'))
			reply_error("EINVAL");
		else
			transaction_end(transaction, in.payload[0] == 'T');
		return;
	}
	if (in.header.type == XS_RESET_WATCHES) {
		for (size_t i = 0; i < WATCHES; i++)
			watch_drop(&watches[i]);
		reply_ok();
		return;
	}
	if (in.header.type == XS_GET_DOMAIN_PATH) {
		snprintf(path, sizeof(path), "/local/domain/%s", in.payload);
		reply(path, strlen(path) + 1);
		return;
	}
	/* The others name a node, ended by NUL. */
	end = memchr(in.payload, '\0', len);
	if (!end || end == in.payload || strlen(in.payload) >= XENSTORE_ABS_PATH_MAX) {
		reply_error("EINVAL");
		return;
	}
	if (in.payload[0] == '/' || in.payload[0] == '@')
		strcpy(path, in.payload);
	else
		strcpy(stpcpy(path, HOME), in.payload);
	rest = end + 1;
	rest_len = len - (size_t)(rest - in.payload);
	if (in.header.type == XS_WATCH || in.header.type == XS_UNWATCH) {
		if (!rest_len || rest[rest_len - 1] != '\0')
			reply_error("EINVAL");
		else if (in.header.type == XS_WATCH)
			watch_add(path, in.payload, rest);
		else
			watch_remove(path, rest);
		return;
	}
	if (transaction)
		handle_node(transaction->tree, false, path, rest, rest_len);
	else
		handle_node(fake_store_tree(), true, path, rest, rest_len);
}

/* As much of the request that is coming in as lies in one piece of the ring. */
static XENSTORE_RING_IDX request_take(XENSTORE_RING_IDX cons, XENSTORE_RING_IDX prod)
{
	const bool header = in.have < sizeof(in.header);
	const size_t whole = sizeof(in.header) + (header ? 0 : in.header.len);
	const size_t at = MASK_XENSTORE_IDX(cons);
	const size_t here = least(prod - cons, XENSTORE_RING_SIZE - at);
	const size_t len = least(whole - in.have, here);

	memcpy(header ? (char *)&in.header + in.have : in.payload + in.have - sizeof(in.header),
	       ring->req + at, len);
	in.have += len;
	return (XENSTORE_RING_IDX)len;
}

/* Looks at the ring only when it was told to: whoever forgets to tell it waits. */
static bool step(void *self)
{
	XENSTORE_RING_IDX cons = ring->req_cons;
	const XENSTORE_RING_IDX prod = __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE);
	bool did;

	(void)self;
	if (fake_store_deaf || !fake_channel_take(channel))
		return false;
	did = flush();
	if (prod - cons > XENSTORE_RING_SIZE)
		fake_violation("store ring: %u bytes of requests", prod - cons);
	if (cons == prod)
		return did;
	while (cons != prod) {
		cons += request_take(cons, prod);
		if (in.have < sizeof(in.header))
			continue;
		if (in.header.len > XENSTORE_PAYLOAD_MAX)
			fake_violation("a request of %u bytes: xenstored cuts the guest off",
				       in.header.len);
		if (in.have == sizeof(in.header) + in.header.len) {
			__atomic_store_n(&ring->req_cons, cons, __ATOMIC_RELEASE);
			handle();
			in.have = 0;
		}
	}
	__atomic_store_n(&ring->req_cons, cons, __ATOMIC_RELEASE);
	/* The guest may wait for room to send in. */
	fake_store_notify();
	return true;
}

void fake_store_start(void)
{
	if (ring)
		return;
	ring = fake_memory_reserve(1);
	channel = fake_channel_make(FAKE_DOM0);
	fake_other_add(step, NULL);
	/* What every toolstack gives its guests. */
	fake_store_write("/local/domain/7/name", "guest");
	fake_store_write("/local/domain/7/domid", "%d", FAKE_GUEST);
	fake_store_write("/local/domain/7/control/shutdown", "%s", "");
	fake_store_write("/local/domain/7/data", "%s", "");
	fake_store_write("/local/domain/7/device", "%s", "");
	fake_store_allow("/local/domain/7/control/shutdown");
	fake_store_allow("/local/domain/7/data");
}

struct xenstore_domain_interface *fake_store_ring(void)
{
	return ring;
}

evtchn_port_t fake_store_port(void)
{
	return channel->guest_port;
}

unsigned long fake_store_requests(enum xsd_sockmsg_type type)
{
	return requests[type];
}

unsigned long fake_store_requests_all(void)
{
	return requests_all;
}

unsigned fake_store_transactions(void)
{
	unsigned open = 0;

	for (size_t i = 0; i < TRANSACTIONS; i++)
		open += transactions[i].id != 0;
	return open;
}

unsigned fake_store_watches(void)
{
	unsigned set = 0;

	for (size_t i = 0; i < WATCHES; i++)
		set += watches[i].path != NULL;
	return set;
}

void fake_store_forget(void)
{
	for (size_t i = 0; i < TRANSACTIONS; i++)
		if (transactions[i].id) {
			fake_tree_free(transactions[i].tree);
			transactions[i] = (struct transaction){0};
		}
	for (size_t i = 0; i < WATCHES; i++)
		if (watches[i].path && strncmp(watches[i].as, "test/", 5) == 0)
			watch_drop(&watches[i]);
}

void fake_store_conflict(unsigned count)
{
	conflicts = count;
}
