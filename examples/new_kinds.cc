// SPDX-License-Identifier: MIT
//
// Every kind of operator new and delete, each of which counts once, and the containers that sit on them.
//
// culprit should say: kinds new 4 + 200 of the list + those of the map, new[] 2 (and the vector's and strings' plain
// new), aligned ones among them; kept_forever leaked 1 allocation of 48 bytes; nothing else leaked but what libstdc++
// keeps for emergencies (72704 bytes).
#include <cstdio>
#include <list>
#include <map>
#include <new>
#include <string>
#include <vector>

struct plain { char bytes[40]; };
struct alignas(64) wide { char bytes[128]; };

static void *volatile sink;

__attribute__((noinline)) static void scalars()
{
	plain *a = new plain;
	plain *b = new (std::nothrow) plain;
	wide *c = new wide;
	wide *d = new (std::nothrow) wide;
	sink = a; sink = b; sink = c; sink = d;
	delete a;
	delete b;
	delete c;
	delete d;
}

__attribute__((noinline)) static void arrays()
{
	plain *a = new plain[3];
	wide *b = new wide[2];
	int *c = new (std::nothrow) int[100];
	sink = a; sink = b; sink = c;
	delete[] a;
	delete[] b;
	delete[] c;
}

__attribute__((noinline)) static size_t containers()
{
	std::list<plain> list;
	std::map<int, std::string> map;
	std::vector<long> vector;

	for (int i = 0; i < 200; i++) {
		list.push_back(plain());
		map[i % 50] = "a string that does not fit into its small buffer, number " + std::to_string(i);
		vector.push_back(i);
	}
	return list.size() + map.size() + vector.size();
}

__attribute__((noinline)) static void kept_forever()
{
	sink = ::operator new(48);
}

int main()
{
	scalars();
	arrays();
	size_t n = containers();
	kept_forever();
	std::printf("%zu\n", n);
	return 0;
}
