# SPDX-License-Identifier: GPL-2.0-or-later
# A key nobody knows.
# expect: ^EINVAL tasks/[0-9]+/creds: .*line [0-9]+.*
sed -i '1s/^/unheard_of 1\n/' "tasks/$PID/creds"
