/* SPDX-License-Identifier: MIT
 *
 * An event loop calls its handler from one place again and again, so the handler's frame looks the same each time. What a
 * handler makes dies within the same call of it: requests one call further out than where they were made, the text
 * of the answer right there.
 *
 * truth:  site         class   owner           level  blocks  uncertain
 * truth:  request_new  caller  request_handle  1      500     0
 * truth:  field_new    caller  request_handle  2      1000    0
 * truth:  request_handle local request_handle  0      500     0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
	struct field *next;
	char text[16];
};

struct request {
	struct field *fields;
	int number;
};

typedef int handler(int event);

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static struct field *field_new(const char *text, struct field *next)
{
	struct field *f = checked(malloc(sizeof(*f)));

	snprintf(f->text, sizeof(f->text), "%s", text);
	f->next = next;
	return f;
}

static struct request *request_new(int number)
{
	struct request *r = checked(malloc(sizeof(*r)));

	r->number = number;
	r->fields = field_new("host", NULL);
	r->fields = field_new("length", r->fields);
	return r;
}

static void request_free(struct request *r)
{
	while (r->fields) {
		struct field *next = r->fields->next;

		free(r->fields);
		r->fields = next;
	}
	free(r);
}

static int request_handle(int event)
{
	struct request *r = request_new(event);
	char *answer = checked(malloc(64));
	int size = snprintf(answer, 64, "%d %s", r->number, r->fields->text);

	free(answer);
	request_free(r);
	return size;
}

static int serve(handler *handle)
{
	int total = 0;

	for (int event = 0; event < 500; event++)
		total += handle(event);
	return total;
}

int main(void)
{
	printf("%d\n", serve(request_handle));
	return 0;
}
