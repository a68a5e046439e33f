// SPDX-License-Identifier: MIT
//
// What C++ does with memory and locks beside plain new: exceptions out of operator new and out of constructors, others
// that travel from thread to thread, aligned and sized delete, operators of a class, polymorphic resources, and
// destructors of threads and of the program. With an argument: operator new that refuses. Prints "known FUNCTION ALLOCATIONS" for calls of which that is certain, and
// "lock NAME ACQUISITIONS". All threads live at the same time, so that two runs make the same.
#include <barrier>
#include <cstdio>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace app {

constexpr int threads = 4, keys = 50, rounds = 1000;

struct session {
	int key;
	char bytes[96];

	explicit session(int k) : key(k) {}
};

// A lock inside an object of a class template.
template<typename Key, typename Value> class cache {
	std::mutex lock;
	std::map<Key, std::shared_ptr<Value>> entries;

public:
	[[gnu::noinline]] std::shared_ptr<Value> get(const Key &key)
	{
		std::lock_guard guard(lock);
		auto &entry = entries[key];

		if (!entry)
			entry = std::make_shared<Value>(key);
		return entry;
	}
};

cache<int, session> sessions; // freed by its destructor, after main

struct alignas(256) page {
	char bytes[512];
};

struct error {
	int number;
};

struct picky {
	char bytes[200];

	explicit picky(int n)
	{
		if (n % 2)
			throw error{n};
	}
};

// With operators of its own, which go on to the common ones.
struct node {
	node *next;

	static void *operator new(size_t size) { return ::operator new(size + 24); }
	static void operator delete(void *p, size_t size) { ::operator delete(p, size + 24); }
};

void *volatile sink;

[[gnu::noinline]] int refused(int times)
{
	volatile size_t much = ~size_t{0} / 4;
	int caught = 0;

	for (int i = 0; i < times; i++) {
		try {
			sink = ::operator new(much);
		} catch (const std::bad_alloc &) {
			caught++;
		}
		caught += !::operator new(much, std::nothrow);
	}
	return caught;
}

[[gnu::noinline]] int half_made(int times)
{
	int caught = 0;

	for (int i = 0; i < times; i++) {
		try {
			picky *p = new picky(i);
			sink = p;
			delete p;
		} catch (const error &e) {
			caught += e.number % 2;
		}
	}
	return caught;
}

[[gnu::noinline]] void aligned(int times)
{
	for (int i = 0; i < times; i++) {
		page *one = new page, *some = new page[3];
		std::vector<page> more(5);

		sink = one;
		sink = some;
		sink = more.data();
		delete one;
		delete[] some;
	}
}

[[gnu::noinline]] void own_operators(int times)
{
	node *list = nullptr;

	for (int i = 0; i < times; i++) {
		node *n = new node;
		n->next = list;
		sink = list = n;
	}
	while (list) {
		node *next = list->next;
		delete list;
		list = next;
	}
}

[[gnu::noinline]] size_t resources(int times)
{
	size_t size = 0;

	for (int i = 0; i < times; i++) {
		std::pmr::monotonic_buffer_resource pool(1000);
		std::pmr::vector<std::pmr::string> words(&pool);

		for (int word = 0; word < 20; word++)
			words.emplace_back(static_cast<size_t>(20 + word), 'w');
		size += words.back().size();
	}
	return size;
}

[[gnu::noinline]] std::string &farewell()
{
	thread_local std::string text(100, 'b'); // freed when the thread is gone

	return text;
}

[[gnu::noinline]] int work(int number, std::barrier<> &all, std::promise<int> promise)
{
	int sum = 0;

	for (int i = 0; i < rounds; i++)
		sum += sessions.get((i * 7 + number) % keys)->key;
	farewell()[0] = 'a';
	try {
		throw error{number};
	} catch (...) {
		promise.set_exception(std::current_exception()); // another thread is the last to hold it
	}
	all.arrive_and_wait();
	return sum;
}

[[gnu::noinline]] int crowd()
{
	std::barrier<> all(threads + 1);
	std::vector<std::thread> workers;
	std::vector<std::future<int>> answers;
	int sums[threads] = {}, sum = 0;

	workers.reserve(threads);
	answers.reserve(threads);
	for (int n = 0; n < threads; n++) {
		std::promise<int> promise;

		answers.push_back(promise.get_future());
		workers.emplace_back([&sums, &all, n](std::promise<int> p) { sums[n] = work(n, all, std::move(p)); }, std::move(promise));
	}
	all.arrive_and_wait();
	for (int n = 0; n < threads; n++) {
		workers[static_cast<size_t>(n)].join();
		sum += sums[n];
		try {
			answers[static_cast<size_t>(n)].get();
		} catch (const error &e) {
			sum += e.number;
		}
	}
	return sum;
}

[[gnu::noinline]] int called(int times)
{
	int sum = 0;

	for (int i = 0; i < times; i++) {
		char large[64] = {static_cast<char>(i % 100)};
		std::function<int()> call = [large] { return large[0] + large[63]; };

		sum += call();
	}
	return sum;
}

} // namespace app

int main(int argc, char **)
{
	using namespace app;

	if (argc > 1) { // valgrind cannot throw
		std::printf("%d\n", refused(50));
		return 9;
	}
	std::printf("%d\n", half_made(100));
	aligned(100);
	own_operators(300);
	std::printf("%zu %d %d\n", resources(10), called(200), crowd());
	std::printf("known app::half_made(int) 150\nknown app::aligned(int) 300\nknown app::own_operators(int) 300\n"
	            "known app::called(int) 200\nknown app::farewell[abi:cxx11]() %d\nknown app::cache<int, app::session>::get(int const&) %d\n",
	            2 * threads, 2 * keys); // a destructor of a thread is noted by a block, too
	std::printf("lock app::sessions %d\n", threads * rounds);
	return 3;
}
