# SPDX-License-Identifier: BSD-2-Clause
memory_USES := freestanding
