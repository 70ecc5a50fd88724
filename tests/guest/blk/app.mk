# SPDX-License-Identifier: BSD-2-Clause
blk_USES := freestanding blkfront
