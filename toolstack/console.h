/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A terminal connected to a domain's console: the pseudo-terminal that
 * xenconsoled has made for it. Raw both ways; Ctrl-] detaches.
 */
#ifndef TOOLSTACK_CONSOLE_H
#define TOOLSTACK_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "toolstack/outcome.h"
#include "toolstack/xenstore.h"

struct console {
	int tty;  /* -1: not attached */
	int lock; /* keeps other clients away, xenconsole(1) among them */
	uint32_t domid;
	uint64_t gfn; /* of the ring, to see at the end whether it has been emptied; 0: not known */
};

#define CONSOLE_NONE                  \
	{                             \
		.tty = -1, .lock = -1 \
	}
#define CONSOLE_PATH_SIZE 64

/*
 * Waits until xenconsoled has written the path of the console's terminal, and
 * reads the frame of the ring: 0 or -errno, with a message.
 */
int console_find(struct xenstore *xenstore, uint32_t domid, char path[CONSOLE_PATH_SIZE],
		 uint64_t *gfn);

/* Nothing that the domain prints after this is lost. 0 or -errno, with a message. */
int console_attach(struct console *console, uint32_t domid, const char *path, uint64_t gfn);
void console_detach(struct console *console);

enum console_end {
	CONSOLE_LEFT,  /* Ctrl-], or a signal */
	CONSOLE_ENDED, /* the domain is done: the outcome tells how, if `told' */
};

/*
 * Passes bytes to and fro until the user leaves or the domain ends. `link' is
 * the line to the domain's monitor (link.h), or -1: then the console ends when
 * its terminal does. Follows the domain through restarts if `follow'.
 */
enum console_end console_run(struct console *console, int link, bool follow,
			     struct outcome *outcome, bool *told);

#endif
