# SPDX-License-Identifier: BSD-2-Clause
xenbus_USES := freestanding xenbus
