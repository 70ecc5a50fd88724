/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop: one thread, one poll() over the listening socket and every client. */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

/* A listening socket for IPv6 and IPv4, or -1 with errno. */
int server_listen(unsigned short port);

/*
 * Serves up to `most` clients at once, for ever; returns -1 with errno if that cannot go on.  When
 * all places are taken, a client that idles makes room for a new one; if none does, new ones wait
 * in the listening socket's queue.
 */
int server_run(int listener, unsigned int most);

#endif
