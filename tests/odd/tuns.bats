#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that are the other end of a link in the network of whoever mounts, or of one that went to another network.
load common

@test "tuns: tun_goes" { refused tuns tun_goes "^EOPNOTSUPP files/[0-9]+: /dev/net/tun: its link is of the mounter's network, and goes with it"; }
@test "tuns: tun_stays" { again odd/tuns tun_stays; }
@test "tuns: tun_elsewhere" { again odd/tuns tun_elsewhere; }
@test "tuns: tun_moved" { refused tuns tun_moved '^EOPNOTSUPP files/[0-9]+: /dev/net/tun: its link was moved to another network namespace'; }
