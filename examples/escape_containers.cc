// SPDX-License-Identifier: MIT
//
// Containers that grow and die within a function are local to it, however deep in the library their memory is asked for
// and given back, and whether the library was inlined or not. A vector that is returned belongs to the caller.
//
// truth:  site       class   owner      level  blocks  uncertain
// truth:  numbers    local   numbers    0      350     0
// truth:  text       local   text       0      100     0
// truth:  words      local   words      0      1600    0
// truth:  squares    caller  main       1      50      0
#include <cstdio>
#include <map>
#include <string>
#include <vector>

static int numbers(int n)
{
	std::vector<int> v; // 1, 2, 4, ... 64: seven blocks

	for (int i = 0; i < 50; i++)
		v.push_back(i * n);
	__asm__ volatile("" : : "r"(v.data()) : "memory");
	return v[49];
}

static size_t text(int n)
{
	std::string s;

	for (int i = 0; i < 50; i++) // 15 fit in the string; then 30, 60
		s.push_back(static_cast<char>('a' + (i + n) % 26));
	__asm__ volatile("" : : "r"(s.data()) : "memory");
	return s.size();
}

static size_t words(int n)
{
	std::map<int, int> m;

	for (int i = 0; i < 32; i++)
		m[i ^ n % 32]++;
	__asm__ volatile("" : : "r"(&m) : "memory");
	return m.size();
}

static std::vector<int> squares(int n)
{
	std::vector<int> v(8);

	for (int i = 0; i < 8; i++)
		v[static_cast<size_t>(i)] = n * i * i;
	return v;
}

int main()
{
	size_t total = 0;

	for (int i = 0; i < 50; i++) {
		total += static_cast<size_t>(numbers(i));
		total += text(i);
		total += words(i);
		{
			std::vector<int> v = squares(i);

			__asm__ volatile("" : : "r"(v.data()) : "memory");
			total += static_cast<size_t>(v[7]);
		}
	}
	printf("%zu\n", total);
	return 0;
}
