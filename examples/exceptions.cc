// SPDX-License-Identifier: MIT
//
// Exceptions thrown through several frames, some of them out of a constructor in the middle of operator new's caller.
//
// culprit should say: 1000 exceptions, each with its text, under fragile::fragile and attempt, every one of them freed;
// after them recording goes on as before: after_all makes 101 allocations, all freed.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct fragile {
	std::unique_ptr<int[]> part;

	explicit fragile(int n) : part(new int[16])
	{
		if (n % 2)
			throw std::runtime_error("an odd number: " + std::to_string(n) + " is more than this can take");
	}
};

__attribute__((noinline)) static int attempt(int n, int depth)
{
	std::string local(40, 'x');

	if (depth)
		return attempt(n, depth - 1) + (int)local.size() - 40;
	auto f = std::make_unique<fragile>(n);
	return f->part[0] = n;
}

__attribute__((noinline)) static size_t after_all()
{
	std::vector<std::unique_ptr<int>> kept;

	kept.reserve(100);
	for (int i = 0; i < 100; i++)
		kept.push_back(std::make_unique<int>(i));
	return kept.size();
}

int main()
{
	int caught = 0;

	for (int i = 0; i < 2000; i++) {
		try {
			attempt(i, i % 13);
		} catch (const std::runtime_error &e) {
			caught++;
		}
	}
	std::printf("%d caught, %zu kept\n", caught, after_all());
	return 0;
}
