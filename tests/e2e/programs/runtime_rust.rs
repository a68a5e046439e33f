// SPDX-License-Identifier: MIT
//
// What Rust does with memory, locks and panics. Its allocator counts: for each function that it calls here it prints
// "known FUNCTION ALLOCATIONS BYTES LEFT", a realloc being an allocation as it is for culprit; and "waited NANOSECONDS" at
// its lock.
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration, Instant};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static FREES: AtomicU64 = AtomicU64::new(0);

fn count(size: usize, frees: u64) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    BYTES.fetch_add(size as u64, Relaxed);
    FREES.fetch_add(frees, Relaxed);
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        System.alloc(layout)
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        System.alloc_zeroed(layout)
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, 1);
        System.realloc(block, layout, size)
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        FREES.fetch_add(1, Relaxed);
        System.dealloc(block, layout)
    }
}

#[global_allocator]
static HEAP: Counting = Counting;

#[repr(align(256))]
struct Page([u8; 512]);

struct Session {
    name: String,
    page: Box<Page>,
}

pub static LEDGER: Mutex<Vec<u64>> = Mutex::new(Vec::new());

#[inline(never)]
fn vectors() {
    for _ in 0..20 {
        let mut v = Vec::new();
        for i in 0..1000u64 {
            v.push(i);
        }
        let squares: Vec<u64> = v.iter().map(|n| n * n).collect();
        black_box((v, squares));
    }
}

#[inline(never)]
fn boxes() {
    for i in 0..1000 {
        let block = Box::new([i as u8; 100]);
        if i % 100 == 0 {
            black_box(Box::leak(block));
        } else {
            black_box(block);
        }
    }
}

#[inline(never)]
fn zeroed() {
    for i in 0..50 {
        black_box(vec![0u8; 10_000 + i]);
    }
}

#[inline(never)]
fn aligned() {
    for i in 0..60 {
        let s = Session { name: "a session".repeat(3), page: Box::new(Page([i; 512])) };
        assert!(s.page.0.as_ptr() as usize % 256 == 0 && s.name.len() == 27);
        black_box(s);
    }
}

#[inline(never)]
fn strings() {
    let mut all = String::new();
    for i in 0..200 {
        all += &format!("{}-{:?};", i, Some(i * i));
        all = all.clone();
    }
    black_box(all);
}

#[inline(never)]
fn maps() {
    let mut hashed = HashMap::new();
    let mut sorted = BTreeMap::new();
    for i in 0..500u32 {
        hashed.insert(i, i.to_string());
        sorted.insert(i.wrapping_mul(2_654_435_761), i);
    }
    black_box((hashed, sorted));
}

#[inline(never)]
fn fragile(depth: u32) -> u32 {
    let local = vec![depth; 10];
    if depth == 0 {
        std::panic::panic_any(String::from("as deep as it goes"));
    }
    fragile(depth - 1) + black_box(local)[3]
}

#[inline(never)]
fn panics() {
    let mut caught = 0;
    for _ in 0..100 {
        caught += std::panic::catch_unwind(|| fragile(5)).is_err() as u32;
    }
    assert!(caught == 100);
}

#[inline(never)]
fn bump(hold: bool) -> u64 {
    let start = Instant::now();
    let mut ledger = LEDGER.lock().unwrap();
    let waited = start.elapsed().as_nanos() as u64;
    ledger.push(1);
    if hold {
        std::thread::sleep(Duration::from_millis(2));
    }
    waited
}

#[inline(never)]
fn crowd() -> u64 {
    let (send, receive) = mpsc::channel::<Arc<String>>();
    let shared = Arc::new(String::from("what the last of all threads frees"));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let (send, shared) = (send.clone(), shared.clone());
            let name = format!("worker-{n}");
            let work = move || {
                let waited = (0..20).map(|_| bump(n == 0)).sum::<u64>();
                send.send(shared).unwrap();
                waited
            };
            std::thread::Builder::new().name(name).spawn(work).unwrap()
        })
        .collect();
    drop((send, shared));
    let waited = threads.into_iter().map(|t| t.join().unwrap()).sum();
    assert!(receive.into_iter().count() == 4);
    waited
}

fn known(name: &str, what: fn()) -> String {
    let before = [&ALLOCATIONS, &BYTES, &FREES].map(|n| n.load(Relaxed));
    what();
    let now = [&ALLOCATIONS, &BYTES, &FREES].map(|n| n.load(Relaxed));
    let allocations = now[0] - before[0];
    format!("known {} {} {} {}", name, allocations, now[1] - before[1], allocations - (now[2] - before[2]))
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let lines = vec![
        known("vectors", vectors),
        known("boxes", boxes),
        known("zeroed", zeroed),
        known("aligned", aligned),
        known("strings", strings),
        known("maps", maps),
        known("panics", panics),
    ];
    let waited = crowd();
    println!("{}\nall {} {}", lines.join("\n"), LEDGER.lock().unwrap().iter().sum::<u64>(), waited > 0);
    println!("waited {waited}");
    std::process::exit(7);
}
