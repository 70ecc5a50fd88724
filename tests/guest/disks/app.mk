# SPDX-License-Identifier: BSD-2-Clause
disks_USES := freestanding blkfront
