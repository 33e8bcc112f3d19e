# SPDX-License-Identifier: GPL-2.0-or-later
# A process without credentials must not get those of the restorer.
# expect: ^ENOENT tasks/[0-9]+: creds is missing
rm "tasks/$PID/creds"
