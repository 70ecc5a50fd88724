# SPDX-License-Identifier: BSD-2-Clause
stdin_USES := libc xenbus
