// SPDX-License-Identifier: MIT
//
// Exceptions that leave locked sections, through std::lock_guard and unique_lock, while others want the locks.
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

std::mutex thrown_through;
std::recursive_timed_mutex timed;
std::shared_timed_mutex shared;
std::once_flag once;

[[gnu::noinline]] static int depth(int n)
{
	std::lock_guard guard(thrown_through);
	std::shared_lock reading(shared);
	if (n % 3 == 0)
		throw std::runtime_error("out");
	return n;
}

[[gnu::noinline]] static int work(int times)
{
	int caught = 0;
	for (int i = 0; i < times; i++) {
		try {
			depth(i);
			std::unique_lock<std::recursive_timed_mutex> lock(timed, std::chrono::seconds(20));
			timed.lock();
			timed.unlock();
		} catch (const std::exception &) {
			caught++;
		}
	}
	return caught;
}

int main()
{
	std::vector<std::thread> threads;
	int caught[4] = {}, tried = 0;

	for (int n = 0; n < 4; n++)
		threads.emplace_back([&, n] { caught[n] = work(3000); });
	for (auto &thread : threads)
		thread.join();
	for (int n = 0; n < 3; n++) { // a once that throws is none yet
		try {
			std::call_once(once, [&] {
				std::lock_guard guard(thrown_through);
				if (tried++ < 1)
					throw std::runtime_error("not yet");
			});
		} catch (const std::exception &) {
			caught[0]++;
		}
	}
	std::printf("lock thrown_through %d\nlock shared %d\nlock timed %d\ncaught %d tried %d\n", 4 * 3000 + 2, 4 * 3000,
		4 * 2000 * 2, caught[0] + caught[1] + caught[2] + caught[3], tried);
}
