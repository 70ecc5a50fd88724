# SPDX-License-Identifier: BSD-2-Clause
events_USES := freestanding
