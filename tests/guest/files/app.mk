# SPDX-License-Identifier: BSD-2-Clause
files_USES := fs
