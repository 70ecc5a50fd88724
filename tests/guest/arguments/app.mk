# SPDX-License-Identifier: BSD-2-Clause
arguments_USES := freestanding
