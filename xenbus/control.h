/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the toolstack asks of the domain, and what the domain tells it.
 *
 * control/shutdown    "poweroff", "halt" or "reboot" written by the toolstack ends the domain
 *                     with that reason; the node is emptied first, which is the acknowledgement.
 *                     Any other value is logged and otherwise left alone.
 * data/lodger/exit-status   what main returned, in decimal, for `lodge wait`.
 */
#ifndef LODGER_XENBUS_CONTROL_H
#define LODGER_XENBUS_CONTROL_H

/* Writes the exit status node: 0 or an error of xenbus.h. Blocks, within its timeout. */
int control_exit_status(int status);

#endif
