# SPDX-License-Identifier: BSD-2-Clause
crash_USES := freestanding
