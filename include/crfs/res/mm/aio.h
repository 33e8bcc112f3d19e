/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* mms/<id>/aio: contexts of asynchronous I/O, io_setup(2), and what is done and was not yet fetched. */
#ifndef CRFS_RES_MM_AIO_H
#define CRFS_RES_MM_AIO_H

#include <crfs/shape.h>

struct crfs_mm_aio {
	__u64 context;		/* its address: of a mapping of kind aio */
	__u32 requests;		/* what io_setup(2) was asked for */
	__u32 nr;		/* places in the ring, by its size */
	__u32 head;		/* from which events were not fetched */
	__u32 tail;		/* up to here */
};

static const struct crfs_field crfs_mm_aio_fields[] = {
	CRFS_FIELD(struct crfs_mm_aio, CRFS_HEX, context),
	CRFS_FIELD(struct crfs_mm_aio, CRFS_DEC, requests),
	CRFS_FIELD(struct crfs_mm_aio, CRFS_DEC, nr),
	CRFS_FIELD(struct crfs_mm_aio, CRFS_DEC, head),
	CRFS_FIELD(struct crfs_mm_aio, CRFS_DEC, tail),
};
CRFS_SHAPE(crfs_mm_aio_shape, struct crfs_mm_aio, CRFS_ROWS, "aio", crfs_mm_aio_fields);

/* Second section: these events, in order, struct io_event */
struct crfs_aio_event {
	__u64 context;
	__u64 data;
	__u64 obj;
	__s64 res;
	__s64 res2;
};

static const struct crfs_field crfs_aio_event_fields[] = {
	CRFS_FIELD(struct crfs_aio_event, CRFS_HEX, context),
	CRFS_FIELD(struct crfs_aio_event, CRFS_HEX, data),
	CRFS_FIELD(struct crfs_aio_event, CRFS_HEX, obj),
	CRFS_FIELD(struct crfs_aio_event, CRFS_INT, res),
	CRFS_FIELD(struct crfs_aio_event, CRFS_INT, res2),
};
CRFS_SHAPE(crfs_aio_event_shape, struct crfs_aio_event, CRFS_ROWS, "events", crfs_aio_event_fields);

#endif
