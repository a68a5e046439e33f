// SPDX-License-Identifier: MIT
//
// Containers that outgrow their storage, and what is true of them: prints for each function that fills some
// FUNCTION CHAINS STEPS MOST COPIED FINAL. And others that look like it, or that nobody could tell: for them 0 chains.
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#define NOINLINE __attribute__((noinline, noclone))

struct truth {
	unsigned chains, steps, most;
	size_t copied, final;
	size_t bytes; // of the storage as it is
	unsigned now;

	void storage(size_t is) // 0: none of its own
	{
		if (is == bytes)
			return;
		if (bytes) {
			steps++;
			now++;
			copied += bytes;
		}
		most = now > most ? now : most;
		bytes = is;
	}
	void over()
	{
		chains += now != 0;
		final = bytes;
		bytes = now = 0;
	}
	void tell(const char *name) const { printf("%s %u %u %u %zu %zu\n", name, chains, steps, most, copied, final); }
};

static truth of_ints, of_pairs, of_names, of_text, of_table;

NOINLINE static void ints(std::vector<int> &v)
{
	for (int i = 0; i < 1000; i++) {
		v.push_back(i);
		of_ints.storage(v.capacity() * sizeof(int));
	}
	of_ints.over();
}

NOINLINE static void pairs(std::vector<std::pair<long, long>> &v)
{
	for (int i = 0; i < 50; i++) {
		v.resize(v.size() + 3);
		of_pairs.storage(v.capacity() * sizeof(v[0]));
	}
	of_pairs.over();
}

NOINLINE static void names(std::vector<std::string> &v)
{
	for (int i = 0; i < 100; i++) {
		std::string name = "a name that is too long to lie in the string itself";
		v.push_back(std::move(name));
		of_names.storage(v.capacity() * sizeof(v[0]));
	}
	of_names.over();
}

NOINLINE static void text(std::string &s)
{
	for (int i = 0; i < 3000; i++) {
		s += 'x';
		of_text.storage(s.capacity() > 15 ? s.capacity() + 1 : 0);
	}
	of_text.over();
}

NOINLINE static void table(std::unordered_map<int, int> &m)
{
	for (int i = 0; i < 1000; i++) {
		m[i] = i;
		of_table.storage(m.bucket_count() > 1 ? m.bucket_count() * sizeof(void *) : 0);
	}
	of_table.over();
}

// Elements with memory of their own that is copied: allocations come between.
struct copied {
	char *own;
	copied() : own(new char[100]) {}
	copied(const copied &o) : own(new char[100]) { memcpy(own, o.own, 1); }
	copied &operator=(const copied &) = delete;
	~copied() { delete[] own; }
};
NOINLINE static void copies(std::vector<copied> &v)
{
	for (int i = 0; i < 20; i++)
		v.emplace_back();
}

// One thing made larger than the last, that one deleted.
struct small { char bytes[40]; };
struct large { char bytes[400]; };
NOINLINE static void replaces()
{
	for (int i = 0; i < 20; i++) {
		small *a = new small();
		__asm__ volatile("" : "+r"(a));
		large *b = new large();
		__asm__ volatile("" : "+r"(b));
		delete a;
		delete b;
	}
}

NOINLINE static void assigns(std::function<int()> &f)
{
	small a = {};
	large b = {};
	for (int i = 0; i < 20; i++) {
		f = [a] { return a.bytes[0]; };
		f = [b] { return b.bytes[0]; };
	}
}

// Another vector, that takes the place of the last.
NOINLINE static void moves(std::vector<int> &v)
{
	for (int i = 1; i < 20; i++)
		v = std::vector<int>(10 * i);
}

int main()
{
	std::vector<int> v, again, moved;
	std::vector<std::pair<long, long>> p;
	std::vector<std::string> n;
	std::vector<copied> c;
	std::string s;
	std::unordered_map<int, int> m;
	std::function<int()> f;

	for (auto *of : {&v, &again})
		ints(*of);
	pairs(p);
	names(n);
	text(s);
	table(m);
	copies(c);
	replaces();
	assigns(f);
	moves(moved);
	of_ints.tell("ints");
	of_names.tell("names");
	of_pairs.tell("pairs");
	of_table.tell("table");
	of_text.tell("text");
	return 0;
}
