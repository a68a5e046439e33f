-- SPDX-License-Identifier: MIT
--
-- Waist 3: the database that `culprit analyze` makes of a trace, for reports, exports, the TUI, and you.
-- Times are nanoseconds since the recording began, sizes bytes, ids start at 1; NULL is "none yet" or "unknown".
-- One model for all costs: `total` holds every cost of every stack over the whole recording; `span_sum` holds the
-- same events by time slice, so that any of it can be asked for a span of time. Start with the views at the end.

PRAGMA application_id = 1668639856; -- "culp"
PRAGMA user_version = 6;             -- raise with every change that old readers would misread

CREATE TABLE meta (              -- facts about the recording and this database
  key   TEXT PRIMARY KEY,        -- schema_version, trace_id (hex), trace_bytes, trace_path, culprit_version, start_realtime_ns,
                                 -- sample_bytes (only if not every block was recorded: all figures of the heap are estimates then),
                                 -- duration_ns, complete (1: ended in order, 0: not), options, notes (newline separated),
                                 -- growing (1: it does not end in order as it was being written, else it was cut);
                                 -- while the trace is being analyzed, a database of its beginning: analyzed_percent, analyzed_ns
  value                          -- text or integer
) WITHOUT ROWID;

CREATE TABLE process (           -- a process image: a fork or an exec starts a new one
  id                    INTEGER PRIMARY KEY, -- the trace's process id; 1 is the one launched
  pid                   INTEGER NOT NULL,
  ppid                  INTEGER NOT NULL,
  parent_id             INTEGER,             -- process it was forked or exec'd from
  command               TEXT NOT NULL,       -- short name
  command_line          TEXT NOT NULL,       -- arguments, separated by blanks
  executable            TEXT NOT NULL,       -- path
  start_ns              INTEGER NOT NULL,
  end_ns                INTEGER,             -- NULL: still running when the trace ends
  ended                 TEXT NOT NULL,       -- 'exit N', 'signal N', 'exec', 'running', 'unknown'; 'cut': the trace is, before its end
  duration_ns           INTEGER NOT NULL,    -- to its end or the end of the trace
  allocations           INTEGER NOT NULL DEFAULT 0,
  frees                 INTEGER NOT NULL DEFAULT 0, -- of blocks that were seen allocated; see unmatched_frees
  reallocations         INTEGER NOT NULL DEFAULT 0,
  allocated_bytes       INTEGER NOT NULL DEFAULT 0,
  peak_bytes            INTEGER NOT NULL DEFAULT 0, -- largest live heap
  peak_ns               INTEGER NOT NULL DEFAULT 0, -- when it was first reached
  leaked_allocations    INTEGER NOT NULL DEFAULT 0, -- live at the end of the trace
  leaked_bytes          INTEGER NOT NULL DEFAULT 0,
  temporary_allocations INTEGER NOT NULL DEFAULT 0,
  threads               INTEGER NOT NULL DEFAULT 0,
  contended             INTEGER NOT NULL DEFAULT 0, -- lock acquisitions that had to wait
  wait_ns               INTEGER NOT NULL DEFAULT 0,
  blocked_ns            INTEGER NOT NULL DEFAULT 0,
  lost_events           INTEGER NOT NULL DEFAULT 0, -- events that are not in the trace
  unmatched_frees       INTEGER NOT NULL DEFAULT 0, -- of blocks made before the recording, or by a parent process
  implied_frees         INTEGER NOT NULL DEFAULT 0, -- ends never seen: the address was handed out again
  memory_limit_bytes    INTEGER,           -- what it may have at most; NULL: no limit, or none seen
  memory_limit_by       TEXT,              -- whose limit: 'cgroup', 'RLIMIT_AS'
  stacks_checked        INTEGER NOT NULL DEFAULT 0, -- --check-stacks
  stack_differences     INTEGER NOT NULL DEFAULT 0,
  mappings              INTEGER NOT NULL DEFAULT 0, -- of memory it mapped itself; this and the next four are in no figure of the heap
  mapped_bytes          INTEGER NOT NULL DEFAULT 0,
  mapped_peak_bytes     INTEGER NOT NULL DEFAULT 0, -- most mapped at once
  mapped_peak_ns        INTEGER NOT NULL DEFAULT 0, -- when that was first reached
  still_mapped_bytes    INTEGER NOT NULL DEFAULT 0  -- when the trace ended
);

CREATE TABLE thread (
  id          INTEGER PRIMARY KEY,
  process_id  INTEGER NOT NULL REFERENCES process(id),
  tid         INTEGER NOT NULL,
  name        TEXT NOT NULL,
  start_ns    INTEGER NOT NULL,    -- when it began, where its creation was seen; else its first event
  end_ns      INTEGER,             -- NULL: alive when the trace ends
  creator_id  INTEGER,             -- thread that created it; NULL: not seen (the main thread; made by a raw clone)
  created_stack_id INTEGER,        -- the creator's stack
  start_function TEXT,             -- its start routine
  detached    INTEGER NOT NULL DEFAULT 0, -- 1: by pthread_detach
  joined      INTEGER NOT NULL DEFAULT 0, -- 1: by pthread_join
  lost_events INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE module (            -- an executable or shared object that frames lie in
  id       INTEGER PRIMARY KEY,
  path     TEXT NOT NULL,
  build_id TEXT NOT NULL,        -- hex; '' if it has none
  symbols  TEXT NOT NULL         -- where its names came from: 'debug info', 'symbol table', 'dynamic symbols', 'perf map', 'none'
);

CREATE TABLE function (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,       -- demangled; module+0xoffset where there is no symbol
  linkage   TEXT NOT NULL,       -- as in the symbol table; '' if none
  module_id INTEGER REFERENCES module(id)
);

CREATE TABLE file (              -- source files
  id   INTEGER PRIMARY KEY,
  path TEXT NOT NULL
);

CREATE TABLE frame (             -- a place in a function
  id          INTEGER PRIMARY KEY,
  function_id INTEGER NOT NULL REFERENCES function(id),
  file_id     INTEGER REFERENCES file(id),
  line        INTEGER NOT NULL,  -- 0: unknown
  address     INTEGER NOT NULL,  -- offset in the module's file
  inlined     INTEGER NOT NULL   -- 1: inlined into the frame outside it
);

CREATE TABLE site (              -- where allocations are asked for: the innermost frame that is no allocator nor a wrapper of one
  id          INTEGER PRIMARY KEY,
  function_id INTEGER NOT NULL REFERENCES function(id),
  file_id     INTEGER REFERENCES file(id),
  line        INTEGER NOT NULL
);

CREATE TABLE stack (             -- the stack tree; a node stands for itself and all nodes above it
  id        INTEGER PRIMARY KEY,
  parent_id INTEGER NOT NULL,    -- the caller; 0: outermost
  frame_id  INTEGER NOT NULL REFERENCES frame(id),
  depth     INTEGER NOT NULL,    -- frames from the outermost, 1..
  site_id   INTEGER NOT NULL REFERENCES site(id)
);
-- Made when the table is full: CREATE INDEX stack_by_site ON stack(site_id);

CREATE TABLE cost (              -- what can be counted; `export folded --cost=NAME`
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  unit TEXT NOT NULL,            -- 'count', 'bytes', 'ns'
  help TEXT NOT NULL
);
INSERT INTO cost VALUES
  (1, 'allocations',           'count', 'successful allocations'),
  (2, 'allocated_bytes',       'bytes', 'bytes asked for'),
  (3, 'at_peak_bytes',         'bytes', 'bytes live when the process''s heap was largest'),
  (4, 'leaked_bytes',          'bytes', 'bytes never freed'),
  (5, 'leaked_allocations',    'count', 'allocations never freed'),
  (6, 'temporary_allocations', 'count', 'allocations freed by their thread before its next allocation'),
  (7, 'temporary_bytes',       'bytes', 'bytes of those'),
  (8, 'reallocations',         'count', 'blocks resized'),
  (9, 'at_peak_allocations',   'count', 'blocks live when the process''s heap was largest'),
  (10, 'frees',                'count', 'blocks freed, by the stack that freed them'),
  (11, 'freed_bytes',          'bytes', 'bytes of those'),
  (12, 'local_bytes',          'bytes', 'bytes that died while the call that asked for them still ran'),
  (13, 'escaped_bytes',        'bytes', 'bytes that outlived the call that asked for them, and were freed'),
  (14, 'retained_bytes',       'bytes', 'bytes not freed when the trace ended'),
  (20, 'wait_ns',              'ns',    'time spent waiting for locks'),
  (21, 'waits',                'count', 'lock acquisitions that had to wait'),
  (22, 'blocked_ns',           'ns',    'time spent waiting for work'),
  (23, 'held_ns',              'ns',    'time others waited for a lock while this stack held it'),
  (30, 'mappings',             'count', 'calls that mapped memory: mmap, mremap that grew, brk and sbrk'),
  (31, 'mapped_bytes',         'bytes', 'bytes those mapped'),
  (32, 'mapped_at_peak_bytes', 'bytes', 'bytes mapped when most of the process''s were'),
  (33, 'unmapped_bytes',       'bytes', 'bytes unmapped, or replaced, by the stack that had mapped them'),
  (34, 'still_mapped_bytes',   'bytes', 'bytes not unmapped when the trace ended');

CREATE TABLE total (             -- a cost of a stack in a thread over the whole recording
  cost_id   INTEGER NOT NULL REFERENCES cost(id),
  stack_id  INTEGER NOT NULL REFERENCES stack(id),
  thread_id INTEGER NOT NULL REFERENCES thread(id),
  value     INTEGER NOT NULL,    -- never 0
  PRIMARY KEY (cost_id, stack_id, thread_id)
) WITHOUT ROWID;

CREATE TABLE site_total (        -- the sums of `total` by site: what lists of sites need, without the stacks
  cost_id   INTEGER NOT NULL REFERENCES cost(id),
  site_id   INTEGER NOT NULL REFERENCES site(id),
  thread_id INTEGER NOT NULL REFERENCES thread(id),
  value     INTEGER NOT NULL,    -- never 0
  PRIMARY KEY (cost_id, site_id, thread_id)
) WITHOUT ROWID;

CREATE TABLE site_error (        -- where meta has sample_bytes: the standard error of an estimate in site_total (costs 1 to 5, 8 to 11, 14)
  cost_id   INTEGER NOT NULL REFERENCES cost(id),
  site_id   INTEGER NOT NULL REFERENCES site(id),
  thread_id INTEGER NOT NULL REFERENCES thread(id),
  error     INTEGER NOT NULL,    -- in the cost's unit, never 0; of several together: the root of the sum of their squares
  PRIMARY KEY (cost_id, site_id, thread_id)
) WITHOUT ROWID;

CREATE TABLE site_peak (         -- a site's own largest live bytes, which no sum of stacks gives
  site_id    INTEGER NOT NULL REFERENCES site(id),
  process_id INTEGER NOT NULL REFERENCES process(id),
  thread_id  INTEGER NOT NULL,   -- blocks allocated by this thread; 0: by any
  peak_bytes INTEGER NOT NULL,
  max_live   INTEGER NOT NULL,   -- most blocks live at once
  PRIMARY KEY (site_id, process_id, thread_id)
) WITHOUT ROWID;

CREATE TABLE histogram (         -- distributions of a site
  kind       TEXT NOT NULL,      -- 'size' (bytes), 'lifetime' (ns; of freed blocks)
  site_id    INTEGER NOT NULL REFERENCES site(id),
  process_id INTEGER NOT NULL REFERENCES process(id),
  low        INTEGER NOT NULL,   -- the bucket holds low <= x <= high
  high       INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  amount     INTEGER NOT NULL,   -- bytes of those blocks
  PRIMARY KEY (kind, site_id, process_id, low)
) WITHOUT ROWID;

CREATE TABLE kind_total (        -- allocations by the call that made them
  process_id  INTEGER NOT NULL REFERENCES process(id),
  kind        TEXT NOT NULL,     -- 'malloc', 'calloc', 'aligned', 'new', 'new[]', 'mallocx', 'realloc'
  allocations INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  PRIMARY KEY (process_id, kind)
) WITHOUT ROWID;

CREATE TABLE slice (             -- the recording cut into up to 256 equal spans of time
  id       INTEGER PRIMARY KEY,
  start_ns INTEGER NOT NULL,
  end_ns   INTEGER NOT NULL
);

CREATE TABLE mark (              -- instants of the recording itself; a span from 'paused' to 'resumed' was not recorded
  id      INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  kind    TEXT NOT NULL,         -- 'paused', 'resumed', 'ended' (while processes go on), 'mark': somebody's own
  name    TEXT NOT NULL          -- of a mark its name, of an end why; else ''
);

CREATE TABLE mapping (           -- memory that a program maps itself, by site; sums are costs 30 to 34
  site_id    INTEGER NOT NULL REFERENCES site(id),
  process_id INTEGER NOT NULL REFERENCES process(id),
  kinds      TEXT NOT NULL,      -- of 'anonymous', 'shared', 'file', 'shared file', 'break', joined by ', '
  peak_bytes INTEGER NOT NULL,   -- most of the site's mapped at once
  PRIMARY KEY (site_id, process_id)
) WITHOUT ROWID;

CREATE TABLE pool (              -- blocks of a program's own pools, told by culprit.h: in none of the heap's figures
  process_id       INTEGER NOT NULL,
  address          INTEGER NOT NULL, -- what stands for the pool
  stack_id         INTEGER NOT NULL, -- that took the blocks
  allocations      INTEGER NOT NULL,
  allocated_bytes  INTEGER NOT NULL,
  peak_bytes       INTEGER NOT NULL, -- most at once, of this stack and pool
  live_allocations INTEGER NOT NULL, -- at the end
  live_bytes       INTEGER NOT NULL,
  PRIMARY KEY (process_id, address, stack_id)
) WITHOUT ROWID;

CREATE TABLE span_sum (          -- events of a stack in a thread by time slice
  class     INTEGER NOT NULL,    -- 1 allocations; 2, 4, 5, 6 (those of 1 again) of which temporary; freed by another thread; dead
                                 -- before the call that asked for them returned (`escaped`: thread, local); dead who knows how far
                                 -- in (uncertain). 3 reallocations; 20 waits for locks, 22 blocked, 23 releases and the wait they caused
  slice     INTEGER NOT NULL REFERENCES slice(id), -- when it happened; of allocations: when the blocks were allocated
  end_slice INTEGER NOT NULL,    -- class 1: slice in which the blocks were freed, 0: never; else 0
  stack_id  INTEGER NOT NULL REFERENCES stack(id),
  thread_id INTEGER NOT NULL REFERENCES thread(id),
  count     INTEGER NOT NULL,
  amount    INTEGER NOT NULL,    -- bytes or ns
  PRIMARY KEY (class, slice, end_slice, stack_id, thread_id)
) WITHOUT ROWID;

CREATE TABLE span_histogram (    -- distributions of a process by time slice
  kind       TEXT NOT NULL,      -- 'size' (bytes), 'lifetime' (ns; of freed blocks)
  process_id INTEGER NOT NULL REFERENCES process(id),
  slice      INTEGER NOT NULL REFERENCES slice(id), -- in which the blocks were allocated
  low        INTEGER NOT NULL,   -- the bucket holds low <= x <= high; four a power of two of sizes, one of lifetimes
  high       INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  amount     INTEGER NOT NULL,   -- bytes of those blocks
  PRIMARY KEY (kind, process_id, slice, low)
) WITHOUT ROWID;

CREATE TABLE span_kind (         -- allocations of a process by time slice and the call that made them
  process_id  INTEGER NOT NULL REFERENCES process(id),
  slice       INTEGER NOT NULL REFERENCES slice(id),
  kind        TEXT NOT NULL,     -- as in kind_total
  allocations INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  PRIMARY KEY (process_id, slice, kind)
) WITHOUT ROWID;

CREATE TABLE timeline (          -- a process in a time slice
  process_id      INTEGER NOT NULL REFERENCES process(id),
  slice           INTEGER NOT NULL REFERENCES slice(id),
  live_bytes      INTEGER NOT NULL, -- largest within the slice
  live_end_bytes  INTEGER NOT NULL, -- at its end
  allocations     INTEGER NOT NULL,
  allocated_bytes INTEGER NOT NULL,
  frees           INTEGER NOT NULL,
  rss_bytes       INTEGER,          -- largest sampled within the slice; NULL: not sampled
  minor_faults    INTEGER,          -- within the slice
  major_faults    INTEGER,
  PRIMARY KEY (process_id, slice)
) WITHOUT ROWID;

CREATE TABLE lock (              -- one life of a lock: an address may have several after each other. Also what threads wait for work on;
                                 -- a futex waited on in both senses has two rows
  id                INTEGER PRIMARY KEY,
  process_id        INTEGER NOT NULL REFERENCES process(id),
  kind              TEXT NOT NULL,    -- 'mutex', 'rwlock', 'spin'; of waiting for work 'cond', 'sem', 'barrier', 'join' (one for
                                      -- all threads joined); 'futex'
  flags             TEXT NOT NULL,    -- of 'recursive', 'errorcheck', 'adaptive', 'robust', 'inherit', 'protect', 'shared',
                                      -- 'prefer-writer', separated by blanks
  name              TEXT NOT NULL,    -- symbol+0xoffset; else the function that allocated the block around it, or in whose frame it
                                      -- lies, or that used it first
  address           INTEGER NOT NULL,
  life              INTEGER NOT NULL, -- 1.. of this address
  block_stack_id    INTEGER REFERENCES stack(id), -- which allocated the heap block it lies in; NULL: in none
  block_offset      INTEGER,
  first_stack_id    INTEGER REFERENCES stack(id), -- of its first use
  start_ns          INTEGER NOT NULL, -- first use
  end_ns            INTEGER,          -- destroyed, or its memory reused; NULL: neither seen
  acquisitions      INTEGER NOT NULL, -- successful, for reading and writing; cond: signals and broadcasts
  read_acquisitions INTEGER NOT NULL, -- of those, for reading
  contended         INTEGER NOT NULL, -- acquisitions that had to wait
  read_contended    INTEGER NOT NULL,
  try_failures      INTEGER NOT NULL, -- trylock found it held
  timeouts          INTEGER NOT NULL, -- gave up waiting
  wait_ns           INTEGER NOT NULL, -- by all who waited; of waiting for work: blocked
  read_wait_ns      INTEGER NOT NULL, -- of that, for reading
  wait_max_ns       INTEGER NOT NULL,
  waits             INTEGER NOT NULL, -- contended + timeouts; of waiting for work: times blocked
  hold_ns           INTEGER,          -- by all who held it; estimated from those measured where hold_measured < acquisitions; NULL: none was
  hold_max_ns       INTEGER,          -- of those measured
  hold_measured     INTEGER NOT NULL, -- holds measured: all that had to wait or made others wait, and a sample of the rest
  hold_allocations  INTEGER NOT NULL, -- allocations made during holds that had waited
  hold_waiting_ns   INTEGER NOT NULL DEFAULT 0, -- time its holders waited for other locks or for work while it was the last they had taken
  broadcasts        INTEGER NOT NULL DEFAULT 0, -- cond: of acquisitions, those that wake all
  woken_in_vain     INTEGER NOT NULL DEFAULT 0, -- cond: of waits, those that went on with another wait without releasing the mutex
  owner_changes     INTEGER NOT NULL, -- acquisitions by another thread than the one before, of those that waited or were measured
  max_waiters       INTEGER NOT NULL, -- most threads waiting at once
  sampled           INTEGER NOT NULL  -- 1: not every wait is in lock_wait by itself; its sums are exact, which stack had how much is estimated
);

CREATE TABLE lock_histogram (    -- distributions of a lock
  lock_id INTEGER NOT NULL REFERENCES lock(id),
  kind    TEXT NOT NULL,         -- 'wait' (exact), 'hold' (of those measured; sampled ones by what they stand for)
  low     INTEGER NOT NULL,      -- the bucket holds low <= ns < high
  high    INTEGER,               -- NULL: open-ended
  count   INTEGER NOT NULL,
  PRIMARY KEY (lock_id, kind, low)
) WITHOUT ROWID;

CREATE TABLE lock_wait (         -- who waited: for a lock, or on what for work
  class     INTEGER NOT NULL,    -- 20: waited for a lock, 22: blocked
  lock_id   INTEGER NOT NULL REFERENCES lock(id),
  stack_id  INTEGER NOT NULL REFERENCES stack(id),
  thread_id INTEGER NOT NULL REFERENCES thread(id),
  owner_id  INTEGER NOT NULL,    -- thread that held it when the wait began; 0: not known
  slice     INTEGER NOT NULL REFERENCES slice(id), -- in which the wait ended
  reading   INTEGER NOT NULL,    -- 1: for reading
  waits     INTEGER NOT NULL,
  wait_ns   INTEGER NOT NULL,
  max_ns    INTEGER NOT NULL,
  timeouts  INTEGER NOT NULL,
  unfinished INTEGER NOT NULL DEFAULT 0, -- of the waits, those that went on when the thread or the recording ended
  PRIMARY KEY (class, lock_id, stack_id, thread_id, owner_id, slice, reading)
) WITHOUT ROWID;

CREATE TABLE lock_hold (         -- who let others wait: releases while others waited
  lock_id        INTEGER NOT NULL REFERENCES lock(id),
  stack_id       INTEGER NOT NULL REFERENCES stack(id), -- of the release
  thread_id      INTEGER NOT NULL REFERENCES thread(id),
  slice          INTEGER NOT NULL REFERENCES slice(id),
  releases       INTEGER NOT NULL,
  caused_wait_ns INTEGER NOT NULL, -- charged to it: each waiter from max(its start, the release before) to this release
  hold_ns        INTEGER NOT NULL, -- of those whose length is known
  hold_max_ns    INTEGER NOT NULL,
  allocations    INTEGER NOT NULL, -- made during those holds
  PRIMARY KEY (lock_id, stack_id, thread_id, slice)
) WITHOUT ROWID;

CREATE TABLE lock_order (        -- a lock was asked for while another was held: an edge each pair and pair of stacks
  id            INTEGER PRIMARY KEY,
  held_lock_id  INTEGER NOT NULL REFERENCES lock(id),
  lock_id       INTEGER NOT NULL REFERENCES lock(id),
  held_stack_id INTEGER REFERENCES stack(id), -- where the held one was acquired; NULL: not known
  stack_id      INTEGER REFERENCES stack(id), -- where the other was asked for
  thread_id     INTEGER NOT NULL REFERENCES thread(id), -- first seen in
  start_ns      INTEGER NOT NULL,  -- first seen
  cycle         INTEGER NOT NULL   -- edges with the same number other than 0 form a cycle: a potential deadlock
);

CREATE TABLE escaped (           -- how far blocks outlived the call that made them; all blocks of the recording are counted once
  stack_id      INTEGER NOT NULL REFERENCES stack(id),  -- allocated by
  thread_id     INTEGER NOT NULL REFERENCES thread(id), -- in
  class         INTEGER NOT NULL,    -- 1 local, 2 caller, 3 thread, 4 retained
  owner_id      INTEGER NOT NULL,    -- local, caller: the node of the allocation's stack whose frame owns the blocks; thread: the stack that
                                     -- freed them; 0: none, not known, or one of very many
  level         INTEGER NOT NULL,    -- caller: frames from the site's to the owner's; else 0
  free_stack_id INTEGER NOT NULL,    -- freed by; 0: not freed, nobody was seen to, or one of very many
  free_thread_id INTEGER NOT NULL,   -- thread: in; else 0
  blocks        INTEGER NOT NULL,
  bytes         INTEGER NOT NULL,
  uncertain     INTEGER NOT NULL,    -- of the blocks: might have died further in
  PRIMARY KEY (stack_id, thread_id, class, owner_id, level, free_stack_id, free_thread_id)
) WITHOUT ROWID;

CREATE TABLE owner (             -- a function in whose activations blocks of its callees died (classes 1 and 2)
  function_id INTEGER NOT NULL REFERENCES function(id),
  process_id  INTEGER NOT NULL REFERENCES process(id),
  activations INTEGER NOT NULL,  -- in which at least one block died; rounds of a loop in it count as well, see docs/escapes.md
  blocks      INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  max_blocks  INTEGER NOT NULL,  -- most blocks that died in one activation
  max_bytes   INTEGER NOT NULL,
  PRIMARY KEY (function_id, process_id)
) WITHOUT ROWID;

CREATE TABLE slack (             -- what the allocator gave beyond what was asked for, of a sample: one of 127 allocations at first
  stack_id        INTEGER NOT NULL REFERENCES stack(id), -- allocated by
  process_id      INTEGER NOT NULL REFERENCES process(id),
  blocks          INTEGER NOT NULL, -- in the sample
  requested_bytes INTEGER NOT NULL, -- of these
  usable_bytes    INTEGER NOT NULL, -- malloc_usable_size of these
  PRIMARY KEY (stack_id, process_id)
) WITHOUT ROWID;

CREATE TABLE growth (            -- blocks resized again and again: chains of steps, by the stack that made the last
  stack_id    INTEGER NOT NULL REFERENCES stack(id),
  process_id  INTEGER NOT NULL REFERENCES process(id),
  chains      INTEGER NOT NULL,  -- blocks that were resized at least once
  steps       INTEGER NOT NULL,  -- reallocations of them all; over all rows of a process (but of containers): its reallocations
  max_steps   INTEGER NOT NULL,  -- of one block
  copied_bytes INTEGER NOT NULL, -- sizes before each that moved the block; where that shrank it, after
  final_p50   INTEGER NOT NULL,  -- sizes in the end: half are at most this
  final_p90   INTEGER NOT NULL,  -- nine of ten are at most this
  container   INTEGER NOT NULL DEFAULT 0, -- 0: resized by realloc; 1: storage that C++ containers replaced by larger one
  PRIMARY KEY (stack_id, process_id)
) WITHOUT ROWID;

-- What people ask for first, in the words of the reports. `hotspots` and its relatives have a row a site, over all processes.

CREATE VIEW sites AS             -- a site in words
  SELECT site.id AS site_id, function.name AS function, file.path AS file, site.line AS line, module.path AS module
  FROM site JOIN function ON function.id = site.function_id
  LEFT JOIN file ON file.id = site.file_id LEFT JOIN module ON module.id = function.module_id;

CREATE VIEW frames AS            -- a frame in words
  SELECT frame.id AS frame_id, function.name AS function, file.path AS file, frame.line AS line, module.path AS module,
         frame.inlined AS inlined, frame.address AS address
  FROM frame JOIN function ON function.id = frame.function_id
  LEFT JOIN file ON file.id = frame.file_id LEFT JOIN module ON module.id = function.module_id;

CREATE VIEW summary AS
  SELECT pid, command, duration_ns, ended, allocations, frees, reallocations, allocated_bytes, peak_bytes, leaked_allocations,
         leaked_bytes, temporary_allocations, threads, contended, wait_ns, blocked_ns, lost_events, mappings, mapped_bytes,
         mapped_peak_bytes, still_mapped_bytes, ppid
  FROM process ORDER BY id;

CREATE VIEW hotspots AS
  SELECT s.function, s.file, s.line, s.module, t.allocations, t.allocated_bytes,
         (SELECT max(peak_bytes) FROM site_peak p WHERE p.site_id = t.site_id AND p.thread_id = 0) AS peak_bytes,
         t.at_peak_bytes, t.leaked_bytes, t.leaked_allocations, t.temporary_allocations
  FROM (SELECT site_id,
               sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS allocations,
               sum(CASE cost_id WHEN 2 THEN value ELSE 0 END) AS allocated_bytes,
               sum(CASE cost_id WHEN 3 THEN value ELSE 0 END) AS at_peak_bytes,
               sum(CASE cost_id WHEN 4 THEN value ELSE 0 END) AS leaked_bytes,
               sum(CASE cost_id WHEN 5 THEN value ELSE 0 END) AS leaked_allocations,
               sum(CASE cost_id WHEN 6 THEN value ELSE 0 END) AS temporary_allocations
        FROM site_total WHERE cost_id BETWEEN 1 AND 6 GROUP BY site_id) t
  JOIN sites s ON s.site_id = t.site_id
  ORDER BY t.allocated_bytes DESC;

CREATE VIEW leaks AS
  SELECT function, file, line, module, leaked_bytes, leaked_allocations FROM hotspots WHERE leaked_allocations > 0
  ORDER BY leaked_bytes DESC;

CREATE VIEW temporary AS
  SELECT function, file, line, module, temporary_allocations, allocations FROM hotspots WHERE temporary_allocations > 0
  ORDER BY temporary_allocations DESC;

CREATE VIEW escapes AS           -- a row a site: how far its blocks outlived the call that asked for them, and in whose call most died
  WITH e AS (SELECT stack.site_id, class, owner_id, level, blocks, bytes, uncertain FROM escaped JOIN stack ON stack.id = escaped.stack_id),
  c AS (SELECT site_id, sum(blocks) AS allocations, sum(bytes) AS allocated_bytes, sum(CASE class WHEN 1 THEN blocks ELSE 0 END) AS local,
               sum(CASE class WHEN 2 THEN blocks ELSE 0 END) AS caller, sum(CASE class WHEN 3 THEN blocks ELSE 0 END) AS thread,
               sum(CASE class WHEN 4 THEN blocks ELSE 0 END) AS retained, sum(uncertain) AS uncertain FROM e GROUP BY site_id),
  b AS (SELECT site_id, class FROM (SELECT site_id, class, row_number() OVER (PARTITION BY site_id ORDER BY sum(blocks) DESC, class) AS place
        FROM e GROUP BY site_id, class) WHERE place = 1),
  o AS (SELECT e.site_id, level, blocks, coalesce(CASE e.class WHEN 3 THEN site.function_id ELSE frame.function_id END, 0) AS function_id
        FROM e JOIN b ON b.site_id = e.site_id AND b.class = e.class LEFT JOIN stack ON stack.id = owner_id
        LEFT JOIN frame ON frame.id = stack.frame_id LEFT JOIN site ON site.id = stack.site_id),
  w AS (SELECT site_id, function_id FROM (SELECT site_id, function_id, row_number() OVER (PARTITION BY site_id
        ORDER BY sum(blocks) DESC, function_id) AS place FROM o GROUP BY site_id, function_id) WHERE place = 1),
  l AS (SELECT site_id, function_id, level FROM (SELECT o.site_id, o.function_id, level, row_number() OVER (PARTITION BY o.site_id
        ORDER BY sum(blocks) DESC, level) AS place FROM o JOIN w ON w.site_id = o.site_id AND w.function_id = o.function_id
        GROUP BY o.site_id, o.function_id, level) WHERE place = 1),
  h AS (SELECT kind, site_id, high, count, sum(count) OVER (PARTITION BY kind, site_id ORDER BY low) AS seen,
               sum(count) OVER (PARTITION BY kind, site_id) AS total
        FROM (SELECT kind, site_id, low, high, sum(count) AS count FROM histogram GROUP BY kind, site_id, low)),
  d AS (SELECT site_id, min(CASE WHEN kind = 'lifetime' AND seen >= (total + 1) / 2 THEN high END) AS lifetime_p50_ns,
               min(CASE WHEN kind = 'lifetime' AND seen >= total - total / 100 THEN high END) AS lifetime_p99_ns,
               min(CASE WHEN kind = 'size' AND seen >= (total + 1) / 2 THEN high END) AS size_p50,
               max(CASE kind WHEN 'size' THEN high END) AS size_max FROM h GROUP BY site_id)
  SELECT s.function, s.file, s.line, c.allocations, c.allocated_bytes, c.local, c.caller, c.thread, c.retained, c.uncertain,
         CASE b.class WHEN 1 THEN 'local' WHEN 2 THEN 'caller' WHEN 3 THEN 'thread' ELSE 'retained' END AS class, function.name AS owner,
         CASE WHEN function.id IS NULL THEN NULL ELSE l.level END AS level, d.lifetime_p50_ns, d.lifetime_p99_ns,
         (SELECT max(max_live) FROM site_peak p WHERE p.site_id = c.site_id AND p.thread_id = 0) AS max_live, d.size_p50, d.size_max,
         c.site_id
  FROM c JOIN sites s ON s.site_id = c.site_id JOIN b ON b.site_id = c.site_id JOIN l ON l.site_id = c.site_id
  LEFT JOIN function ON function.id = l.function_id LEFT JOIN d ON d.site_id = c.site_id
  ORDER BY c.allocated_bytes DESC;

CREATE VIEW owners AS            -- a row a function in whose calls blocks died: how much in each
  SELECT function.name AS function, sum(activations) AS activations, sum(blocks) AS blocks, sum(bytes) AS bytes,
         CAST(round(1.0 * sum(blocks) / sum(activations)) AS INTEGER) AS blocks_per_activation,
         CAST(round(1.0 * sum(bytes) / sum(activations)) AS INTEGER) AS bytes_per_activation,
         (SELECT count(DISTINCT made.site_id) FROM escaped e JOIN stack made ON made.id = e.stack_id JOIN stack own ON own.id = e.owner_id
          JOIN frame ON frame.id = own.frame_id WHERE e.class IN (1, 2) AND frame.function_id = function.id) AS sites,
         max(max_bytes) AS max_bytes, function.id AS function_id
  FROM owner JOIN function ON function.id = owner.function_id GROUP BY function.id ORDER BY 4 DESC;

CREATE VIEW stacks AS            -- a stack in words: its functions, root first, joined by ;
  SELECT stack.id AS stack_id, stack.site_id AS site_id,
         (WITH RECURSIVE up(parent_id, frame_id, depth) AS
            (SELECT parent_id, frame_id, depth FROM stack AS innermost WHERE innermost.id = stack.id UNION ALL
             SELECT outer.parent_id, outer.frame_id, outer.depth FROM up JOIN stack AS outer
             ON outer.id = up.parent_id AND outer.depth < up.depth)
          SELECT group_concat(name, ';') FROM
            (SELECT function.name AS name FROM up JOIN frame ON frame.id = up.frame_id JOIN function ON function.id = frame.function_id
             ORDER BY up.depth)) AS stack
  FROM stack;

CREATE VIEW locks AS             -- locks, not what is waited on for work
  SELECT l.name AS lock, l.kind, l.acquisitions, l.contended, l.wait_ns, l.wait_max_ns,
         (SELECT CASE WHEN b.low >= b.top THEN b.top
                 ELSE b.low + CAST((b.top - b.low) * (1.0 * (b.total - b.total / 100 - b.seen + b.count) / b.count) + 0.5 AS INTEGER) END
          FROM (SELECT low, min(coalesce(high, l.wait_max_ns), l.wait_max_ns) AS top, count, sum(count) OVER (ORDER BY low) AS seen,
                       sum(count) OVER () AS total FROM lock_histogram WHERE lock_id = l.id AND kind = 'wait' AND count > 0) b
          WHERE b.seen >= b.total - b.total / 100 ORDER BY b.low LIMIT 1) AS wait_p99_ns,
         l.hold_ns, l.hold_max_ns, l.owner_changes, l.max_waiters,
         (SELECT s.function FROM lock_wait w JOIN stack ON stack.id = w.stack_id JOIN sites s ON s.site_id = stack.site_id
          WHERE w.class = 20 AND w.lock_id = l.id GROUP BY s.function ORDER BY sum(w.wait_ns) DESC, s.function LIMIT 1) AS top_waiter,
         (SELECT s.function FROM lock_hold h JOIN stack ON stack.id = h.stack_id JOIN sites s ON s.site_id = stack.site_id
          WHERE h.lock_id = l.id GROUP BY s.function ORDER BY sum(h.caused_wait_ns) DESC, s.function LIMIT 1) AS top_holder,
         process.pid, l.read_acquisitions, l.read_contended, l.read_wait_ns, l.try_failures, l.timeouts, l.flags, l.life, l.hold_measured,
         l.hold_allocations, l.hold_waiting_ns, l.sampled, l.id AS lock_id
  FROM lock l JOIN process ON process.id = l.process_id
  WHERE l.kind IN ('mutex', 'rwlock', 'spin') OR EXISTS (SELECT 1 FROM lock_wait w WHERE w.class = 20 AND w.lock_id = l.id)
  ORDER BY l.wait_ns DESC, l.acquisitions DESC, l.id;

CREATE VIEW waits AS             -- a row a stack that waited for a lock
  SELECT s.function, (SELECT stack FROM stacks WHERE stack_id = w.stack_id) AS stack, lock.name AS lock, w.waits, w.wait_ns,
         w.wait_max_ns, process.pid, w.lock_id, w.stack_id
  FROM (SELECT lock_id, stack_id, sum(waits) AS waits, sum(wait_ns) AS wait_ns, max(max_ns) AS wait_max_ns
        FROM lock_wait WHERE class = 20 GROUP BY lock_id, stack_id) w
  JOIN lock ON lock.id = w.lock_id JOIN process ON process.id = lock.process_id
  JOIN stack node ON node.id = w.stack_id JOIN sites s ON s.site_id = node.site_id
  ORDER BY w.wait_ns DESC;

CREATE VIEW holders AS           -- a row a stack that released a lock while others waited
  SELECT s.function, (SELECT stack FROM stacks WHERE stack_id = h.stack_id) AS stack, lock.name AS lock, h.releases, h.caused_wait_ns,
         h.hold_ns, process.pid, h.hold_max_ns, h.allocations, h.lock_id, h.stack_id
  FROM (SELECT lock_id, stack_id, sum(releases) AS releases, sum(caused_wait_ns) AS caused_wait_ns, sum(hold_ns) AS hold_ns,
               max(hold_max_ns) AS hold_max_ns, sum(allocations) AS allocations FROM lock_hold GROUP BY lock_id, stack_id) h
  JOIN lock ON lock.id = h.lock_id JOIN process ON process.id = lock.process_id
  JOIN stack node ON node.id = h.stack_id JOIN sites s ON s.site_id = node.site_id
  ORDER BY h.caused_wait_ns DESC;

CREATE VIEW blocked AS           -- a row a stack that waited for work and kind of what it waited on
  SELECT s.function, (SELECT stack FROM stacks WHERE stack_id = w.stack_id) AS stack, w.kind AS "on", w.waits, w.blocked_ns, process.pid,
         w.max_ns, w.timeouts, w.stack_id
  FROM (SELECT lock.process_id, lock_wait.stack_id, lock.kind, sum(lock_wait.waits) AS waits, sum(lock_wait.wait_ns) AS blocked_ns,
               max(lock_wait.max_ns) AS max_ns, sum(lock_wait.timeouts) AS timeouts
        FROM lock_wait JOIN lock ON lock.id = lock_wait.lock_id WHERE lock_wait.class = 22
        GROUP BY lock.process_id, lock_wait.stack_id, lock.kind) w
  JOIN process ON process.id = w.process_id JOIN stack node ON node.id = w.stack_id JOIN sites s ON s.site_id = node.site_id
  ORDER BY w.blocked_ns DESC;

CREATE VIEW lock_orders AS       -- a row an edge; those of a cycle, a potential deadlock, first
  SELECT held.name AS held, wanted.name AS lock, (SELECT stack FROM stacks WHERE stack_id = edge.held_stack_id) AS held_stack,
         (SELECT stack FROM stacks WHERE stack_id = edge.stack_id) AS stack, edge.cycle, process.pid, edge.start_ns,
         thread.name || '/' || thread.tid AS thread
  FROM lock_order edge JOIN lock held ON held.id = edge.held_lock_id JOIN lock wanted ON wanted.id = edge.lock_id
  JOIN process ON process.id = wanted.process_id LEFT JOIN thread ON thread.id = edge.thread_id
  ORDER BY edge.cycle = 0, edge.cycle, edge.id;
