/* SPDX-License-Identifier: MIT
 *
 * Like git does: less that leaves short texts on the screen, passes colours and cuts nothing.
 */
#include "cli/pager.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void pager_open(struct pager *p, int paged)
{
	const char *program = getenv("PAGER"), *terminal = getenv("TERM");
	struct winsize size;

	*p = (struct pager){ .out = stdout, .terminal = isatty(STDOUT_FILENO) };
	if (p->terminal)
		p->width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
	if (!p->terminal || !paged || !terminal || strcmp(terminal, "dumb") == 0)
		return;
	if (!program)
		program = "if command -v less > /dev/null 2>&1; then exec less -FRX; else exec cat; fi";
	if (!*program || strcmp(program, "cat") == 0)
		return;
	setenv("LESS", "FRX", 0);
	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	FILE *pipe = popen(program, "w");
	if (pipe) {
		p->out = pipe;
		p->piped = 1;
	}
}

int pager_close(struct pager *p, struct err *err)
{
	if (p->piped) {
		pclose(p->out);
		return 0;
	}
	if (fflush(p->out) || ferror(p->out))
		return err_errno(err, "cannot write");
	return 0;
}
