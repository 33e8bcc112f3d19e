#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar map and report: every page has the right shade, and a browser shows what is said of it.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# browser ARGUMENT...: a real one, which draws and runs scripts, and has no network
browser() {
	command -v chromium-headless-shell > /dev/null || skip "no chromium-headless-shell here"
	timeout -k 5 90 chromium-headless-shell --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
		--user-data-dir="$T/chromium" --virtual-time-budget=5000 "$@" 2> "$T/chromium.log" 3>&- 4>&-
}

# dom FILE[#find=WORD]: what it has become once its scripts have run
dom() {
	browser --dump-dom "file://$1"
}

# family: in $CG, frozen: a process that says where its mappings are, in $T/work/where, and a child of it
family() {
	cg_new family
	cp /bin/busybox "$T/work/a file & <b>bold<b> \"name\""
	start_in "$CG" python3 -c 'import ctypes, glob, mmap, os, time
where = lambda m: hex(ctypes.addressof(ctypes.c_char.from_buffer(m)))
page = 4096
f = open(glob.glob("a file*")[0], "rb")
dirty = mmap.mmap(f.fileno(), 64 * page, flags=mmap.MAP_PRIVATE, prot=3)
dirty[7 * page] = 1
dirty[8 * page] = 1
shared = mmap.mmap(-1, 32 * page)
shared[:8 * page] = b"s" * 8 * page
own = mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
own[:600 * page] = b"o" * 600 * page
own[1000 * page] = 2
if not os.fork():
    own[5 * page] = 9
    open("child", "w").write(str(os.getpid()))
    time.sleep(1000)
open("where", "w").write("dirty %s\nshared %s\nown %s\n" % (where(dirty), where(shared), where(own)))
time.sleep(1000)'
	wait_for test -s "$T/work/where"
	wait_for test -s "$T/work/child"
	freeze "$CG"
}

@test "every page's shade, and their sums are those of mem; the same of an archive, a directory, a mount" {
	family
	cr_mount "$CG" "$T/mnt"
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	crtar convert "$T/ckpt.tar" "$T/dir/"
	crtar map --json "$T/ckpt.tar" > "$T/map.json"
	crtar map "$T/ckpt.tar" > "$T/map.svg"
	for s in "$T/dir" "$T/mnt" "$CG"; do
		crtar map --json "$s" | cmp "$T/map.json" -
		crtar map "$s" | cmp "$T/map.svg" -
	done
	python3 - "$T/map.json" <(crtar mem --json "$T/ckpt.tar") "$T/work/where" "$T/map.svg" <<-'EOP'
	import json, sys, xml.dom.minidom
	runs, mem = (json.load(open(p)) for p in sys.argv[1:3])
	where = {l.split()[0]: int(l.split()[1], 16) for l in open(sys.argv[3])}
	page, total = 4096, {}
	def shade(mm, at):
	    (r,) = [r for r in runs if r["mm"] == mm and int(r["start"], 16) <= at < int(r["end"], 16)]
	    return r["shade"]
	for r in runs:
	    assert int(r["end"], 16) - int(r["start"], 16) == r["bytes"] > 0, r
	    total[r["mm"], r["shade"]] = total.get((r["mm"], r["shade"]), 0) + r["bytes"]
	of = lambda mm, *s: sum(total.get((mm, x), 0) for x in s)
	for m in mem:
	    if m["kind"] == "private":
	        mm = int(m["object"].split("/")[1])
	        assert of(mm, "dirty", "anon") == m["bytes"], m
	        assert of(mm, "cow") == m["cow"], m
	        assert sum(v for k, v in total.items() if k[0] == mm) == m["mapped"], m
	want = {"dirty": ["file"] * 7 + ["dirty"] * 2 + ["file"] * 55, "shared": ["shared"] * 8 + ["none"] * 24,
	        "own": ["anon"] * 600 + ["none"] * 400 + ["anon", "none"]}
	for k, v in want.items():
	    assert [shade(1, where[k] + i * page) for i in range(len(v))] == v, k
	assert [shade(2, where["own"] + i * page) for i in range(7)] == ["cow"] * 5 + ["anon", "cow"]
	assert shade(2, where["dirty"] + 7 * page) == "cow" and shade(2, where["shared"]) == "shared"
	xml.dom.minidom.parse(sys.argv[4])
	EOP
}

@test "a browser draws it: colours where the legend and the bars are" {
	family
	crtar map -o "$T/map.svg" "$CG"
	browser --window-size=1000,1600 --screenshot="$T/shot.png" "file://$T/map.svg" > /dev/null || { cat "$T/chromium.log"; false; }
	python3 - "$T/shot.png" "$T/map.svg" <<-'EOP'
	import struct, sys, zlib, xml.dom.minidom
	data, at, idat = open(sys.argv[1], "rb").read(), 8, b""
	while at < len(data):
	    n, kind = struct.unpack(">I4s", data[at:at + 8])
	    if kind == b"IHDR": w, h, depth, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
	    if kind == b"IDAT": idat += data[at + 8:at + 8 + n]
	    at += n + 12
	bpp = {2: 3, 6: 4}[colour]
	raw, rows, last = zlib.decompress(idat), [], bytearray(w * bpp)
	for y in range(h):
	    f, line = raw[y * (w * bpp + 1)], bytearray(raw[y * (w * bpp + 1) + 1:(y + 1) * (w * bpp + 1)])
	    for x in range(len(line)):
	        a, b, c = (line[x - bpp] if x >= bpp else 0), last[x], (last[x - bpp] if x >= bpp else 0)
	        p = a + b - c
	        line[x] = line[x] + [0, a, b, (a + b) // 2,
	            min((a, b, c), key=lambda v: abs(p - v))][f] & 255
	    rows.append(line)
	    last = line
	pixel = lambda x, y: tuple(rows[int(y)][int(x) * bpp:int(x) * bpp + 3])
	fill = {"dirty": (0xd7, 0x30, 0x1f), "anon": (0xfc, 0x8d, 0x59), "cow": (0xfd, 0xcc, 0x8a),
	        "shared": (0x2b, 0x8c, 0xbe), "file": (0xbd, 0xbd, 0xbd), "none": (0xf0, 0xf0, 0xf0)}
	seen = {}
	for r in xml.dom.minidom.parse(sys.argv[2]).getElementsByTagName("rect"):
	    name = r.getAttribute("class")
	    if not name: continue
	    x, y, rw, rh = (float(r.getAttribute(k)) for k in ("x", "y", "width", "height"))
	    if rw < 3 or y + rh > h: continue
	    assert pixel(x + rw / 2, y + rh / 2) == fill[name], (name, x, y, pixel(x + rw / 2, y + rh / 2))
	    seen[name] = seen.get(name, 0) + 1
	assert all(seen.get(k, 0) > 1 for k in fill), seen
	EOP
}

@test "the report opens: its tables are those of the commands, names are no markup, the filter filters" {
	family
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	crtar report -o "$T/report.html" "$T/ckpt.tar"
	dom "$T/report.html" > "$T/dom" || { cat "$T/chromium.log"; false; }
	for c in ps mem fds sockets maps; do
		n=$(crtar "$c" --json "$T/ckpt.tar" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')
		echo "$c $n"
		grep -q "id=\"$c-count\">$n rows<" "$T/dom"
	done
	[ "$(grep -c '<script>' "$T/dom")" = 1 ]
	not grep -q '<b>' "$T/dom"
	grep -q 'a\\040file\\040&amp;\\040&lt;b&gt;bold\|a file &amp; &lt;b&gt;bold' "$T/dom"
	grep -q '<svg ' "$T/dom"
	not grep -qE '(src|href)="?(https?:|//)' "$T/report.html"
	[ "$(grep -c "$(cat "$T/work/child")" "$T/dom")" -gt 0 ]
	child=$(cat "$T/work/child")
	dom "$T/report.html#find=$child" > "$T/dom"
	n=$(crtar ps "$T/ckpt.tar" | tail -n +2 | grep -c "$child")
	grep -q "id=\"ps-count\">$n of 2 rows<" "$T/dom"
	crtar report "$CG" | grep -q '</html>'
}

@test "a container that runs, one that has obstacles, and what is none" {
	work_start base
	crtar report -o "$T/live.html" "$CG"
	dom "$T/live.html" | grep -q 'id="ps-count">1 rows<'
	run crtar map /etc/passwd
	[ "$status" = 1 ]
	run crtar report -o /dev/full/x "$CG"
	[ "$status" = 1 ]
	[[ $output == *"ENOTDIR /dev/full/x: "* ]]
	mkdir "$T/small"
	mount -t tmpfs -o size=4k none "$T/small"
	echo "$T/small" >> "$T/mounts"
	run crtar report -o "$T/small/x" "$CG"
	[ "$status" = 1 ]
	[[ $output == *"ENOSPC $T/small/x: "* ]]
	[ -z "$(ls -A "$T/small")" ]
}
