/* SPDX-License-Identifier: BSD-2-Clause */
#include "hypercall/hypercall.h"

uintptr_t hypercall_read_offset;
