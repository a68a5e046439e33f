/* SPDX-License-Identifier: MIT
 *
 * From options to a lens.
 */
#include "cli/lens_options.h"

static int read_time(const char *name, const char *text, int64_t *ns, struct err *err)
{
	if (!text)
		return 0;
	if (lens_parse_time(text, ns, err)) {
		err_prefix(err, "--%s", name);
		return -1;
	}
	return 0;
}

int lens_options_read(const struct lens_options *o, struct lens *lens, struct err *err)
{
	*lens = (struct lens){ 0 };
	if (read_time("from", o->from, &lens->from_ns, err) || read_time("to", o->to, &lens->to_ns, err))
		return -1;
	if (o->to && lens->to_ns <= 0) /* 0 would be "to the end" */
		return err_set(err, ERR_USAGE, "--to: nothing happened before the recording's start");
	if (filter_parse(o->filter, &lens->filter, err)) {
		err_prefix(err, "--filter");
		return -1;
	}
	return 0;
}

int lens_options_read_two(const struct lens_options *o, struct lens *lens, struct err *err)
{
	if (lens_options_read(o, lens, err))
		return -1;
	if (filter_check_two(&lens->filter, err)) {
		err_prefix(err, "--filter");
		return -1;
	}
	return 0;
}
