// SPDX-License-Identifier: MIT
//
// The locks of C++: std::mutex and std::shared_mutex, which have no constructor to be seen; std::condition_variable with
// wait_for, which is inlined into the program; std::counting_semaphore, which waits by the futex system call.
//
// culprit should say: waits for `prices` and `rates` only, near what is printed (reading and writing of `rates` apart);
// blocked on `arrived` as often as it says, all of them timed out; blocked in permit_take for most of
// `permit_blocked_ns`, in which the library also spins and yields before it sleeps.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <thread>

using namespace std::chrono_literals;
using timer = std::chrono::steady_clock;

std::mutex prices, arrivals;
std::shared_mutex rates;
std::condition_variable arrived;
std::counting_semaphore<8> permits(0);

static std::atomic<bool> here;

static long long since(timer::time_point start) { return std::chrono::nanoseconds(timer::now() - start).count(); }

// Holds a lock for a while each time the other side is about to want it.
template<typename Lock, typename Other> static void in_turns(int times, Lock lock, Other other)
{
	for (int i = 0; i < times; i++) {
		here = false;
		auto held = lock();
		std::thread waiter([&] { here = true; other(); });
		while (!here)
			std::this_thread::sleep_for(100us);
		std::this_thread::sleep_for(3ms);
		held.unlock();
		waiter.join();
	}
}

[[gnu::noinline]] static void prices_wait(long long &ns)
{
	auto start = timer::now();
	std::lock_guard guard(prices);
	ns += since(start);
}

[[gnu::noinline]] static void rates_read(long long &ns)
{
	auto start = timer::now();
	std::shared_lock guard(rates);
	ns += since(start);
}

[[gnu::noinline]] static void rates_write(long long &ns)
{
	auto start = timer::now();
	std::unique_lock guard(rates);
	ns += since(start);
}

[[gnu::noinline]] static int arrived_wait(long long &ns)
{
	int timeouts = 0;
	std::unique_lock guard(arrivals);
	for (int i = 0; i < 6; i++) {
		auto start = timer::now();
		timeouts += arrived.wait_for(guard, 4ms) == std::cv_status::timeout;
		ns += since(start);
	}
	return timeouts;
}

[[gnu::noinline]] static void permit_take(long long &ns)
{
	auto start = timer::now();
	permits.acquire();
	ns += since(start);
}

int main()
{
	long long mutex = 0, read = 0, write = 0, cond = 0, permit = 0;

	in_turns(10, [] { return std::unique_lock(prices); }, [&] { prices_wait(mutex); });
	in_turns(10, [] { return std::unique_lock(rates); }, [&] { rates_read(read); });
	in_turns(10, [] { return std::shared_lock(rates); }, [&] { rates_write(write); });
	int timeouts = arrived_wait(cond);
	std::thread taker([&] { for (int i = 0; i < 4; i++) permit_take(permit); });
	for (int i = 0; i < 4; i++) {
		std::this_thread::sleep_for(20ms);
		permits.release();
	}
	taker.join();
	std::printf("prices_waited_ns %lld\nrates_read_waited_ns %lld\nrates_write_waited_ns %lld\narrived_blocked_ns %lld\n"
		"arrived_timeouts %d\npermit_blocked_ns %lld\n", mutex, read, write, cond, timeouts, permit);
}
