# SPDX-License-Identifier: GPL-2.0-or-later
# The program's file does not exist.
# expect: ^ENOENT mms/1(/[a-z]+)?: .*nowhere
sed -i 's|^exe .*|exe /nowhere/at/all|' mms/1/status
