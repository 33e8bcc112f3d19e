# SPDX-License-Identifier: GPL-2.0-or-later
# An xstate of another size.
# expect: ^E[A-Z]+ tasks/[0-9]+/xstate: 
truncate -s +64 "tasks/$PID/xstate"
