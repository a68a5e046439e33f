/* SPDX-License-Identifier: MIT
 *
 * Parsing options by table, and printing the table as help. Nothing in here knows a particular
 * option; the first wrong word ends parsing with a sentence that says what is possible.
 */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/units.h"

#define HELP_COLUMN 28

struct parse {
	const struct command_usage *usage;
	int argc;
	char **argv;
	int next; /* argv index of the word after the one in hand */
	char *values;
	struct err *err;
	unsigned long long given; /* bit i: option i of the table was on the command line */
};

static int usage_error(struct parse *p, const char *what, const char *name)
{
	return err_set(p->err, ERR_USAGE, "%s: %s %s; see `culprit %s --help`", p->usage->name, name, what, p->usage->name);
}

static int bad_choice(struct parse *p, const struct option_spec *o, const char *text)
{
	char known[256] = "";
	size_t used = 0;
	for (int i = 0; o->choices[i] && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", o->choices[i]);
	return err_set(p->err, ERR_USAGE, "%s: --%s cannot be \"%s\"; it can be %s", p->usage->name, o->name, text, known);
}

static int store_number(struct parse *p, const struct option_spec *o, const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	if (!*text || *end || number < 0)
		return err_set(p->err, ERR_USAGE, "%s: --%s needs a number, not \"%s\"", p->usage->name, o->name, text);
	*(long *)(p->values + o->offset) = number;
	return 0;
}

static int store_bytes(struct parse *p, const struct option_spec *o, const char *text)
{
	int64_t bytes;
	if (unit_parse(text, &bytes) < 0 || text[strlen(text) - 1] == 's')
		return err_set(p->err, ERR_USAGE, "%s: --%s needs a number of bytes, such as 65536, 512KiB or 1M, not \"%s\"", p->usage->name,
		               o->name, text);
	*(long *)(p->values + o->offset) = (long)bytes;
	return 0;
}

/* Its value is attached by "=", or is the one that stands in. */
static int has_default(const struct option_spec *o) { return (o->kind == OPTION_NUMBER || o->kind == OPTION_BYTES) && o->choices; }

static int store_list(struct parse *p, const struct option_spec *o, const char *text)
{
	struct option_list *list = (struct option_list *)(p->values + o->offset);
	if (list->count == OPTION_LIST_MAX)
		return err_set(p->err, ERR_USAGE, "%s: --%s can be given %d times at the most", p->usage->name, o->name,
		               OPTION_LIST_MAX);
	list->items[list->count++] = text;
	return 0;
}

static int store(struct parse *p, const struct option_spec *o, const char *text)
{
	switch (o->kind) {
	case OPTION_FLAG:
		*(int *)(p->values + o->offset) = 1;
		return 0;
	case OPTION_TEXT:
		*(const char **)(p->values + o->offset) = text;
		return 0;
	case OPTION_NUMBER:
		return store_number(p, o, text);
	case OPTION_BYTES:
		return store_bytes(p, o, text);
	case OPTION_CHOICE:
		for (int i = 0; o->choices[i]; i++)
			if (strcmp(o->choices[i], text) == 0) {
				*(int *)(p->values + o->offset) = i;
				return 0;
			}
		return bad_choice(p, o, text);
	case OPTION_LIST:
		return store_list(p, o, text);
	case OPTION_END:
		break;
	}
	return -1;
}

/* An option was found; `attached` is the text that came with it ("=..." or the rest of "-x..."), or NULL. */
static int take(struct parse *p, const struct option_spec *o, const char *attached)
{
	const char *text = attached;
	p->given |= 1ull << (o - p->usage->options);
	if (!text && has_default(o))
		text = o->choices[0];
	if (o->kind != OPTION_FLAG && !text) {
		char name[64];
		snprintf(name, sizeof(name), "--%s", o->name);
		if (p->next >= p->argc)
			return usage_error(p, "needs a value", name);
		text = p->argv[p->next++];
	}
	return store(p, o, text);
}

static int parse_long(struct parse *p, const char *word)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	if (strcmp(name, "help") == 0)
		return OPTIONS_HELP;
	for (const struct option_spec *o = p->usage->options; o->kind; o++) {
		if (strncmp(o->name, name, size) != 0 || o->name[size])
			continue;
		if (o->kind == OPTION_FLAG && equals)
			return usage_error(p, "takes no value", word);
		return take(p, o, equals ? equals + 1 : NULL);
	}
	return usage_error(p, "is not an option", word);
}

static int parse_short(struct parse *p, const char *word)
{
	for (const char *at = word + 1; *at; at++) {
		const struct option_spec *o = p->usage->options;
		while (o->kind && o->letter != *at)
			o++;
		if (!o->kind)
			return *at == 'h' ? OPTIONS_HELP : usage_error(p, "is not an option", word);
		if (o->kind != OPTION_FLAG)
			return take(p, o, at[1] ? at + 1 : NULL);
		take(p, o, NULL);
	}
	return 0;
}

/* A flag's variable is on unless it is empty or "0". */
static int apply_environment(struct parse *p)
{
	for (const struct option_spec *o = p->usage->options; o->kind; o++) {
		const char *text = o->environment ? getenv(o->environment) : NULL;
		if (!text || !*text || (p->given >> (o - p->usage->options) & 1))
			continue;
		if (o->kind == OPTION_FLAG && strcmp(text, "0") == 0)
			continue;
		if (store(p, o, text) < 0) {
			err_prefix(p->err, "variable %s", o->environment);
			return OPTIONS_ERROR;
		}
	}
	return 0;
}

static void print_option(const struct option_spec *o)
{
	char head[256];
	size_t used = (size_t)snprintf(head, sizeof(head), "  %c%c%s--%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
	                               o->letter ? ", " : "  ", o->name);
	if (o->kind == OPTION_CHOICE) {
		for (int i = 0; o->choices[i] && used < sizeof(head); i++)
			used += (size_t)snprintf(head + used, sizeof(head) - used, "%c%s", i ? '|' : '=', o->choices[i]);
	} else if (o->kind != OPTION_FLAG && used < sizeof(head)) {
		used += (size_t)snprintf(head + used, sizeof(head) - used, has_default(o) ? "[=%s]" : "=%s", o->argument);
	}
	fputs(head, stdout);
	size_t column = used < sizeof(head) ? used : sizeof(head) - 1;
	for (const char *line = o->help; line;) {
		const char *end = strchr(line, '\n');
		if (column >= HELP_COLUMN) {
			putchar('\n');
			column = 0;
		}
		printf("%*s%.*s\n", (int)(HELP_COLUMN - column), "", end ? (int)(end - line) : (int)strlen(line), line);
		column = 0;
		line = end ? end + 1 : NULL;
	}
}

static void print_help(const struct command_usage *u)
{
	printf("usage: culprit %s [OPTION...] %s\n\n%s\n", u->name, u->operands, u->summary);
	if (u->options->kind)
		putchar('\n');
	for (const struct option_spec *o = u->options; o->kind; o++)
		if (o->help)
			print_option(o);
	if (u->more)
		printf("\n%s", u->more);
}

int options_parse(const struct command_usage *usage, int argc, char **argv, void *values, struct err *err)
{
	struct parse p = { .usage = usage, .argc = argc, .argv = argv, .next = 1, .values = values, .err = err };
	int operands = 0, only_operands = 0;

	while (p.next < argc) {
		char *word = argv[p.next++];
		if (only_operands || word[0] != '-' || !word[1]) {
			argv[operands++] = word;
			only_operands |= usage->stop_at_operand;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			only_operands = 1;
			continue;
		}
		int status = word[1] == '-' ? parse_long(&p, word) : parse_short(&p, word);
		if (status == OPTIONS_HELP)
			print_help(usage);
		if (status < 0)
			return status;
	}
	argv[operands] = NULL;
	return apply_environment(&p) < 0 ? OPTIONS_ERROR : operands;
}
