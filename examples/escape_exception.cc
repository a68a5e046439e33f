// SPDX-License-Identifier: MIT
//
// A parcel is made by parcel_new and deleted by deliver, its owner; but every other time an exception leaves deliver
// before that, and round, which catches it, has to. The label never outlives deliver, whether it ends by return or by
// exception. What is thrown is a block, too: carry's, and round's to free.
//
// truth:  site        class   owner    level  blocks  uncertain
// truth:  parcel_new  caller  deliver  1      100     0
// truth:  parcel_new  caller  round    2      100     0
// truth:  deliver     local   deliver  0      200     0
// truth:  carry       caller  round    2      100     0
#include <cstdio>
#include <cstdlib>
#include <memory>

struct parcel {
	int number;
	char content[40];
};

static parcel *pending;

static void parcel_new(int number)
{
	pending = new parcel;
	pending->number = number;
}

static __attribute__((noinline)) void carry(int number) // what throws is called: else there is nothing to unwind
{
	if (number % 2)
		throw number;
	__asm__ volatile("" : : : "memory");
}

static int deliver(int number)
{
	auto label = std::make_unique<int[]>(10);
	int weight;

	label[0] = number;
	__asm__ volatile("" : : "r"(label.get()) : "memory");
	parcel_new(number);
	carry(number);
	weight = pending->number + label[0];
	delete pending;
	return weight;
}

static int round(int number)
{
	try {
		return deliver(number);
	} catch (int back) {
		delete pending;
		return -back;
	}
}

int main()
{
	int total = 0;

	for (int i = 0; i < 200; i++)
		total += round(i);
	printf("%d\n", total);
	return 0;
}
