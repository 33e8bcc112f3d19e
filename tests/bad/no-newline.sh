# SPDX-License-Identifier: GPL-2.0-or-later
# The last line is not ended.
# expect: ^EINVAL header: 
truncate -s -1 header
