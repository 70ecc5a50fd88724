# SPDX-License-Identifier: BSD-2-Clause
console_USES := freestanding
