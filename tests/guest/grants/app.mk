# SPDX-License-Identifier: BSD-2-Clause
grants_USES := freestanding
