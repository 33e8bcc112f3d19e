# SPDX-License-Identifier: GPL-2.0-or-later
# A live view pretends to be a checkpoint.
# expect: ^E[A-Z]+ header: .*running
sed -i 's/^state .*/state running/' header
