-- SPDX-License-Identifier: MIT
--
-- A made-up recording for tests of reports, exports and the terminal UI: `cat schema.sql synthetic.sql | sqlite3 x.db`.
-- Three processes (a server in C with a C++ index and a Rust plugin, its forked child, a program that exec'd), seven threads, 256
-- slices. Stacks, what was allocated and who waited are written down here; everything else is derived from that, so that all figures agree.
-- It has what breaks writers: inlined frames, recursion, `;` `,` `"` and newlines in names, a byte that is no UTF-8, no file, no line.

BEGIN;

INSERT INTO meta VALUES
  ('schema_version', 6), ('trace_id', '00112233445566778899aabbccddeeff'), ('trace_bytes', 123456), ('trace_path', 'synthetic.trace'),
  ('culprit_version', '0.1.0'), ('start_realtime_ns', 1700000000000000000), ('duration_ns', 12800000000), ('complete', 1),
  ('options', ''), ('notes', '');

INSERT INTO process (id, pid, ppid, parent_id, command, command_line, executable, start_ns, end_ns, ended, duration_ns) VALUES
  (1, 4711, 4700, NULL, 'tableserver', 'tableserver --port 7777 --index btree', '/usr/bin/tableserver', 0, 12800000000, 'exit 0', 12800000000),
  (2, 4720, 4711, 1, 'tableserver', 'tableserver --port 7777 --index btree', '/usr/bin/tableserver', 4000000000, 9000000000, 'signal 9', 5000000000),
  (3, 4725, 4711, 1, 'pack', 'pack "a, b" -9', '/usr/bin/pack', 6000000000, NULL, 'running', 6800000000);

INSERT INTO thread (id, process_id, tid, name, start_ns, end_ns) VALUES
  (1, 1, 4711, 'tableserver', 0, NULL), (2, 1, 4712, 'worker/1', 100000000, 12700000000), (3, 1, 4713, 'worker/2', 100000000, 12700000000),
  (4, 1, 4714, 'flush, "late"', 200000000, NULL), (5, 2, 4720, 'tableserver', 4000000000, 9000000000), (6, 3, 4725, 'pack', 6000000000, NULL),
  (7, 3, 4726, 'pack-io', 6100000000, NULL);

INSERT INTO mark (time_ns, kind, name) VALUES
  (0, 'paused', ''), (50000000, 'resumed', ''), (6400000000, 'mark', 'load, "second"'), (12800000000, 'ended', 'its time was over');

INSERT INTO module VALUES
  (1, '/usr/bin/tableserver', 'a1b2c3d4', 'debug info'), (2, '/usr/lib/libindex.so.1', 'b2c3d4e5', 'debug info'),
  (3, '/usr/lib/libstdc++.so.6', 'c3d4e5f6', 'dynamic symbols'), (4, '/usr/lib/libc.so.6', 'd4e5f607', 'symbol table'),
  (5, '/usr/lib/tableserver/plugin.so', '', 'none'), (6, '/usr/bin/pack', 'e5f60718', 'debug info');

INSERT INTO file VALUES
  (1, '/src/tableserver/main.c'), (2, '/src/tableserver/network.c'), (3, '/src/tableserver/command.c'), (4, '/src/tableserver/row.c'),
  (5, '/src/index/btree.cpp'), (6, '/src/index/include/btree.hpp'), (7, '/usr/include/c++/12/bits/stl_vector.h'), (8, '/src/tableserver/json.c'),
  (9, '/src/pack/pack, "main".c'), (10, '/rustc/library/alloc/src/vec/mod.rs'), (11, '/src/pack/deflate.c'), (12, '/src/tableserver/cache.c');

INSERT INTO function VALUES
  (1, 'main', 'main', 1), (2, 'event_loop', 'event_loop', 1), (3, 'read_client', 'read_client', 1), (4, 'parse_command', 'parse_command', 1),
  (5, 'run_command', 'run_command', 1), (6, 'command_set', 'command_set', 1), (7, 'command_get', 'command_get', 1),
  (8, 'command_range', 'command_range', 1), (9, 'row_new', 'row_new', 1), (10, 'row_copy', 'row_copy', 1), (11, 'reply_begin', 'reply_begin', 1),
  (12, 'reply_append', 'reply_append', 1), (13, 'worker_main', 'worker_main', 1), (14, 'flush_main', 'flush_main', 1), (15, 'flush_page', 'flush_page', 1),
  (16, 'cache_insert', 'cache_insert', 1), (17, 'cache_grow', 'cache_grow', 1), (18, 'json_parse_value', 'json_parse_value', 1),
  (19, 'json_parse_object', 'json_parse_object', 1), (20, 'json_parse_string', 'json_parse_string', 1), (21, 'load_config', 'load_config', 1),
  (22, 'index::Tree<std::string, unsigned long>::insert(std::string const&, unsigned long)', '_ZN5index4TreeISsmE6insertERKSsm', 2),
  (23, 'index::Tree<std::string, unsigned long>::split(index::Node*)', '_ZN5index4TreeISsmE5splitEPNS_4NodeE', 2),
  (24, 'index::Node::Node(int)', '_ZN5index4NodeC2Ei', 2),
  (25, 'std::vector<index::Node*, std::allocator<index::Node*> >::reserve(unsigned long)', '_ZNSt6vectorIPN5index4NodeESaIS2_EE7reserveEm', 2),
  (26, 'index::Tree<std::string, unsigned long>::scan(index::Range, std::function<bool (std::string const&)>) const', '_ZNK5index4TreeISsmE4scanE', 2),
  (27, 'operator new(unsigned long)', '_Znwm', 3), (28, 'std::string::_M_create(unsigned long&, unsigned long)', '_ZNSs9_M_createERmm', 3),
  (29, '__libc_start_call_main', '__libc_start_call_main', 4), (30, 'start_thread', 'start_thread', 4), (31, 'strdup', 'strdup', 4),
  (32, 'getaddrinfo', 'getaddrinfo', 4), (33, 'plugin.so+0x1234', '', 5), (34, 'plugin.so+0x2f00', '', 5),
  (35, '<[u8; 32] as plugin::hash::Digest>::finish', '_RNvXs_NtCs_plugin4hash', 5), (36, 'alloc::vec::Vec<T,A>::push', '_ZN5alloc3vec4push17h0', 5),
  (37, 'main', 'main', 6), (38, 'pack_file', 'pack_file', 6), (39, 'deflate_block', 'deflate_block', 6), (40, 'window_new', 'window_new', 6),
  (41, 'odd' || char(10) || 'name' || CAST(x'ff' AS TEXT) || '"quoted, twice"', '', 6), (42, 'io_main', 'io_main', 6),
  (43, 'index::(anonymous namespace)::key_of(char const*)', '_ZN5index12_GLOBAL__N_16key_ofEPKc', 2), (44, '_start', '_start', 1),
  (45, 'cache_get', 'cache_get', 1), (46, 'std::mutex::lock()', '_ZNSt5mutex4lockEv', 1),
  (47, 'std::unique_lock<std::mutex>::lock()', '_ZNSt11unique_lockISt5mutexE4lockEv', 1), (48, 'evict_lru', 'evict_lru', 1),
  (49, 'queue_take', 'queue_take', 1), (50, 'std::condition_variable::wait(std::unique_lock<std::mutex>&)', '_ZNSt18condition_variable4waitE', 3),
  (52, 'stop_workers', 'stop_workers', 1), (53, 'table_read', 'table_read', 1), (54, 'table_write', 'table_write', 1),
  (55, 'slot_wait', 'slot_wait', 1), (56, 'transfer', 'transfer', 1), (57, 'audit', 'audit', 1), (58, 'start_workers', 'start_workers', 1),
  (59, 'pack_lock', 'pack_lock', 6);

-- frame: id, function, file, line, address, inlined
INSERT INTO frame VALUES
  (1, 44, NULL, 0, 4160, 0), (2, 29, NULL, 0, 165386, 0), (3, 1, 1, 31, 4608, 0), (4, 2, 2, 88, 5120, 0), (5, 3, 2, 120, 5632, 0), (6, 4, 3, 40, 6144, 0),
  (7, 5, 3, 77, 6656, 0), (8, 6, 3, 140, 7168, 0), (9, 7, 3, 171, 7680, 0), (10, 8, 3, 205, 8192, 0), (11, 9, 4, 22, 8704, 1), (12, 9, 4, 25, 8720, 1),
  (13, 10, 4, 51, 9216, 0), (14, 11, 2, 201, 9728, 0), (15, 12, 2, 233, 10240, 0), (16, 30, NULL, 0, 560000, 0), (17, 13, 1, 90, 10752, 0),
  (18, 14, 1, 120, 11264, 0), (19, 15, 1, 140, 11776, 0), (20, 16, 12, 66, 12288, 0), (21, 17, 12, 99, 12800, 0), (22, 18, 8, 30, 13312, 0),
  (23, 19, 8, 61, 13824, 0), (24, 20, 8, 85, 14336, 0), (25, 21, 1, 55, 14848, 0), (26, 22, 5, 71, 2048, 0), (27, 23, 5, 110, 2560, 0),
  (28, 24, 6, 18, 2600, 1), (29, 25, 7, 76, 2640, 1), (30, 26, 5, 190, 3072, 0), (31, 27, NULL, 0, 700000, 0), (32, 28, NULL, 0, 710000, 0),
  (33, 31, NULL, 0, 600000, 0), (34, 32, NULL, 0, 610000, 0), (35, 33, NULL, 0, 4660, 0), (36, 34, NULL, 0, 12032, 0), (37, 35, NULL, 0, 16384, 0),
  (38, 36, 10, 1836, 16400, 1), (39, 37, 9, 12, 4096, 0), (40, 38, 9, 44, 4352, 0), (41, 39, 11, 301, 4864, 0), (42, 40, 11, 27, 5120, 1),
  (43, 41, NULL, 0, 6000, 0), (44, 42, 9, 80, 6200, 0), (45, 43, 5, 33, 2100, 1), (46, 4, 3, 46, 6200, 0), (47, 3, 2, 131, 5700, 0),
  (48, 45, 12, 120, 12600, 0), (49, 46, NULL, 0, 12640, 1), (50, 47, NULL, 0, 12640, 1), (51, 48, 12, 150, 13000, 0), (52, 49, 1, 160, 13100, 0),
  (53, 50, NULL, 0, 720000, 0), (54, 52, 1, 200, 13200, 0), (55, 53, 3, 300, 13300, 0), (56, 54, 3, 310, 13400, 0), (57, 55, 1, 170, 13500, 0),
  (58, 56, 4, 80, 13600, 0), (59, 57, 4, 95, 13700, 0), (60, 58, 1, 60, 13800, 0), (61, 59, 11, 40, 6400, 0), (62, 48, 12, 158, 13080, 0);

-- The stack tree: id, parent, frame. Depth and site follow.
CREATE TEMP TABLE node (id INTEGER PRIMARY KEY, parent_id INTEGER, frame_id INTEGER);
INSERT INTO node VALUES
  (1, 0, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4), (5, 4, 5), (6, 5, 6), (7, 5, 7), (8, 7, 8), (9, 8, 12), (10, 9, 11), (11, 8, 20), (12, 11, 21),
  (13, 7, 9), (14, 13, 14), (15, 13, 15), (16, 13, 13), (17, 7, 10), (18, 17, 15), (19, 17, 30), (20, 19, 32), (21, 20, 31), (22, 8, 26),
  (23, 22, 27), (24, 23, 28), (25, 24, 31), (26, 23, 29), (27, 26, 31), (28, 22, 45), (29, 28, 31), (30, 3, 25), (31, 30, 22), (32, 31, 23),
  (33, 32, 22), (34, 33, 23), (35, 34, 22), (36, 35, 24), (37, 36, 33), (38, 33, 24), (39, 38, 33), (40, 31, 24), (41, 40, 33), (42, 30, 34),
  (43, 0, 16), (44, 43, 17), (45, 44, 7), (46, 45, 8), (47, 46, 12), (48, 47, 11), (49, 45, 10), (50, 49, 30), (51, 50, 32), (52, 51, 31),
  (53, 46, 26), (54, 53, 27), (55, 54, 28), (56, 55, 31), (57, 43, 18), (58, 57, 19), (59, 58, 13), (60, 58, 35), (61, 60, 36), (62, 61, 37),
  (63, 62, 38), (64, 0, 39), (65, 64, 40), (66, 65, 41), (67, 66, 42), (68, 65, 43), (69, 43, 44), (70, 69, 41), (71, 4, 47), (72, 71, 46),
  (73, 44, 13), (74, 4, 35), (75, 49, 15), (76, 5, 46), (77, 44, 46), (78, 65, 42), (79, 69, 33), (80, 3, 13),
  (81, 44, 48), (82, 81, 50), (83, 82, 49), (84, 57, 51), (85, 57, 62), (86, 7, 48), (87, 86, 49), (88, 44, 52), (89, 88, 53), (90, 3, 54),
  (91, 44, 55), (92, 7, 56), (93, 44, 57), (94, 44, 58), (95, 44, 59), (96, 3, 60), (97, 65, 61), (98, 69, 61);

INSERT INTO site (function_id, file_id, line)
  SELECT DISTINCT function_id, file_id, line FROM frame WHERE function_id NOT IN (27, 28, 31, 46, 47, 50) ORDER BY id;

INSERT INTO stack
  WITH RECURSIVE walk(id, parent_id, frame_id, depth, site_id) AS (
    SELECT node.id, node.parent_id, node.frame_id, 1,
           (SELECT site.id FROM site JOIN frame ON frame.id = node.frame_id
            WHERE site.function_id = frame.function_id AND site.file_id IS frame.file_id AND site.line = frame.line)
    FROM node WHERE parent_id = 0
    UNION ALL
    SELECT node.id, node.parent_id, node.frame_id, walk.depth + 1,
           coalesce((SELECT site.id FROM site JOIN frame ON frame.id = node.frame_id
                     WHERE site.function_id = frame.function_id AND site.file_id IS frame.file_id AND site.line = frame.line), walk.site_id)
    FROM node JOIN walk ON node.parent_id = walk.id)
  SELECT * FROM walk ORDER BY id;

-- What was allocated: by a stack in a thread, `allocations` blocks of `size` bytes living `life` ns (0: for ever) from slice `first` on, spread over
-- `slices`; `temporary` of them freed at once, `live` never freed, `at_peak` live at the process's peak; `most` of them live at once.
CREATE TEMP TABLE load (stack_id, thread_id, size, allocations, temporary, live, at_peak, most, reallocations, life, first, slices);
INSERT INTO load VALUES
  (6, 1, 96, 410000, 396000, 0, 1, 2, 0, 3800, 4, 240), (76, 1, 48, 205000, 205000, 0, 0, 1, 0, 1200, 4, 240),
  (10, 1, 40, 152000, 0, 52000, 90000, 96000, 0, 2400000000, 8, 200), (12, 1, 65536, 14, 0, 1, 1, 2, 13, 700000000, 8, 140),
  (11, 1, 56, 152000, 0, 52000, 90000, 96000, 0, 2400000000, 8, 200), (14, 1, 16384, 12000, 11800, 0, 2, 8, 0, 90000, 10, 180),
  (15, 1, 512, 64000, 30000, 0, 4, 40, 41000, 41000, 10, 180), (16, 1, 128, 31000, 2000, 0, 100, 220, 0, 850000, 10, 180),
  (18, 1, 2048, 8800, 0, 0, 12, 16, 5100, 300000, 30, 120), (21, 1, 31, 18400, 17000, 0, 0, 3, 0, 2900, 30, 120),
  (25, 1, 4096, 900, 0, 580, 700, 720, 0, 1900000000, 8, 160), (27, 1, 320, 900, 880, 0, 0, 1, 0, 5200, 8, 160),
  (29, 1, 64, 152000, 151000, 0, 1, 1, 0, 2100, 8, 200), (37, 1, 24, 40, 0, 40, 40, 40, 0, 0, 1, 2), (39, 1, 17, 120, 0, 120, 120, 120, 0, 0, 1, 2),
  (41, 1, 9, 60, 0, 3, 60, 60, 0, 8000000000, 1, 2), (42, 1, 1200, 7, 1, 1, 6, 7, 0, 500000, 1, 1), (72, 1, 33, 6100, 6100, 0, 0, 1, 0, 1500, 40, 60),
  (74, 1, 1048576, 3, 0, 3, 2, 3, 0, 0, 50, 100), (80, 1, 128, 5, 0, 5, 5, 5, 0, 0, 1, 1), (36, 1, 80, 40, 40, 0, 0, 1, 0, 400, 1, 2),
  (48, 2, 40, 71000, 0, 11000, 30000, 31000, 0, 1900000000, 12, 200), (48, 3, 40, 69000, 0, 10500, 29000, 30000, 0, 1900000000, 12, 200),
  (52, 2, 31, 9900, 9100, 0, 0, 2, 0, 2900, 20, 200), (52, 3, 31, 9700, 9000, 0, 0, 2, 0, 2900, 20, 200), (56, 2, 4096, 400, 0, 200, 260, 270, 0, 1000000000, 12, 200),
  (56, 3, 4096, 390, 0, 170, 250, 260, 0, 1000000000, 12, 200), (75, 2, 2048, 4100, 4000, 0, 1, 3, 20, 52000, 20, 200), (73, 3, 128, 7700, 700, 0, 8, 19, 0, 610000, 20, 200),
  (77, 2, 48, 88000, 88000, 0, 0, 1, 0, 1100, 12, 200), (77, 3, 48, 86000, 86000, 0, 0, 1, 0, 1100, 12, 200), (59, 4, 128, 2600, 2500, 0, 1, 3, 0, 7200, 16, 220),
  (63, 4, 1024, 512, 0, 512, 300, 512, 511, 0, 16, 220), (60, 4, 262144, 4, 0, 2, 3, 3, 0, 4000000000, 60, 120), (62, 4, 32, 512, 512, 0, 0, 1, 0, 800, 16, 220),
  (10, 5, 40, 3000, 0, 3000, 2900, 3000, 0, 0, 82, 90), (14, 5, 16384, 200, 200, 0, 1, 1, 0, 88000, 82, 90), (6, 5, 96, 9000, 9000, 0, 1, 1, 0, 3800, 82, 90),
  (67, 6, 32768, 64, 0, 1, 2, 2, 0, 90000000, 122, 120), (68, 6, 77, 1300, 100, 20, 400, 410, 0, 1000000000, 122, 120), (78, 6, 32768, 1, 0, 1, 1, 1, 0, 0, 121, 1),
  (66, 6, 4096, 640, 600, 0, 1, 3, 0, 44000, 122, 120), (70, 7, 4096, 610, 600, 0, 1, 3, 0, 43000, 124, 110), (79, 7, 21, 64, 0, 64, 30, 64, 0, 0, 124, 110);

INSERT INTO total
  SELECT 1, stack_id, thread_id, allocations FROM load WHERE allocations > 0 UNION ALL
  SELECT 2, stack_id, thread_id, allocations * size FROM load WHERE allocations > 0 UNION ALL
  SELECT 3, stack_id, thread_id, at_peak * size FROM load WHERE at_peak > 0 UNION ALL
  SELECT 4, stack_id, thread_id, live * size FROM load WHERE live > 0 UNION ALL
  SELECT 5, stack_id, thread_id, live FROM load WHERE live > 0 UNION ALL
  SELECT 6, stack_id, thread_id, temporary FROM load WHERE temporary > 0 UNION ALL
  SELECT 7, stack_id, thread_id, temporary * size FROM load WHERE temporary > 0 UNION ALL
  SELECT 8, stack_id, thread_id, reallocations FROM load WHERE reallocations > 0 UNION ALL
  SELECT 9, stack_id, thread_id, at_peak FROM load WHERE at_peak > 0 UNION ALL
  SELECT 10, stack_id, thread_id, allocations - live FROM load WHERE allocations > live UNION ALL
  SELECT 11, stack_id, thread_id, (allocations - live) * size FROM load WHERE allocations > live;

INSERT INTO site_peak
  SELECT site_id, process_id, thread_id, sum(most * size), sum(most) FROM load JOIN stack ON stack.id = stack_id JOIN thread ON thread.id = thread_id
  GROUP BY site_id, process_id, thread_id UNION ALL
  SELECT site_id, process_id, 0, sum(most * size), sum(most) FROM load JOIN stack ON stack.id = stack_id JOIN thread ON thread.id = thread_id
  GROUP BY site_id, process_id;

-- Buckets are powers of two: low = 2^k, high = 2^(k+1) - 1.
CREATE TEMP TABLE bucket AS
  WITH RECURSIVE b(low) AS (SELECT 1 UNION ALL SELECT low * 2 FROM b WHERE low < 1099511627776) SELECT low, low * 2 - 1 AS high FROM b;
INSERT INTO histogram
  SELECT 'size', site_id, process_id, low, high, sum(allocations), sum(allocations * size)
  FROM load JOIN stack ON stack.id = stack_id JOIN thread ON thread.id = thread_id JOIN bucket ON size BETWEEN low AND high
  GROUP BY site_id, process_id, low UNION ALL
  SELECT 'lifetime', site_id, process_id, low, high, sum(ended), sum(ended * size) FROM
    (SELECT stack_id, thread_id, size, temporary AS ended, min(life, 900) AS life FROM load WHERE temporary > 0 UNION ALL
     SELECT stack_id, thread_id, size, allocations - live - temporary, max(life, 1) FROM load WHERE allocations > live + temporary)
    JOIN stack ON stack.id = stack_id JOIN thread ON thread.id = thread_id JOIN bucket ON life BETWEEN low AND high
  GROUP BY site_id, process_id, low;

INSERT INTO kind_total
  SELECT process_id, CASE WHEN leaf.function_id IN (27, 28) THEN 'new' WHEN reallocations > 0 THEN 'realloc' WHEN size >= 65536 THEN 'calloc' ELSE 'malloc' END,
         sum(allocations), sum(allocations * size)
  FROM load JOIN stack ON stack.id = stack_id JOIN frame leaf ON leaf.id = stack.frame_id JOIN thread ON thread.id = thread_id GROUP BY 1, 2;

INSERT INTO slice
  WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 256) SELECT id, (id - 1) * 50000000, id * 50000000 FROM n;

-- Each row's events are spread evenly over its slices, the remainder in the first; live blocks come from the last ones.
CREATE TEMP TABLE spread AS
  SELECT stack_id, thread_id, process_id, size, slice.id AS slice,
         allocations / slices + CASE WHEN slice.id = first THEN allocations % slices ELSE 0 END AS made,
         live / slices + CASE WHEN slice.id = first THEN live % slices ELSE 0 END AS kept,
         temporary / slices + CASE WHEN slice.id = first THEN temporary % slices ELSE 0 END AS brief,
         reallocations / slices + CASE WHEN slice.id = first THEN reallocations % slices ELSE 0 END AS resized,
         min(256, slice.id + life / 50000000) AS freed_in
  FROM load JOIN thread ON thread.id = thread_id JOIN slice ON slice.id >= first AND slice.id < first + slices;
INSERT INTO span_sum
  SELECT 1, slice, freed_in, stack_id, thread_id, made - kept, (made - kept) * size FROM spread WHERE made > kept UNION ALL
  SELECT 1, slice, 0, stack_id, thread_id, kept, kept * size FROM spread WHERE kept > 0 UNION ALL
  SELECT 2, slice, 0, stack_id, thread_id, brief, brief * size FROM spread WHERE brief > 0 UNION ALL
  SELECT 3, slice, 0, stack_id, thread_id, resized, resized * size FROM spread WHERE resized > 0;

-- Blocks of one row of `load` that were freed lived as long as each other, but for the temporary ones.
INSERT INTO span_histogram
  SELECT 'size', process_id, slice, low, high, sum(made), sum(made * size) FROM spread JOIN bucket ON size BETWEEN low AND high
  WHERE made > 0 GROUP BY process_id, slice, low UNION ALL
  SELECT 'lifetime', process_id, slice, low, high, sum(ended), sum(ended * size) FROM
    (SELECT s.process_id, s.slice, s.size, min(brief, made - kept) AS ended, min(life, 900) AS life FROM spread s JOIN load USING (stack_id, thread_id) WHERE brief > 0 AND made > kept UNION ALL
     SELECT s.process_id, s.slice, s.size, made - kept - brief, max(life, 1) FROM spread s JOIN load USING (stack_id, thread_id) WHERE made > kept + brief)
    JOIN bucket ON life BETWEEN low AND high
  GROUP BY process_id, slice, low;
INSERT INTO span_kind
  SELECT s.process_id, s.slice,
         CASE WHEN leaf.function_id IN (27, 28) THEN 'new' WHEN reallocations > 0 THEN 'realloc' WHEN s.size >= 65536 THEN 'calloc' ELSE 'malloc' END,
         sum(made), sum(made * s.size)
  FROM spread s JOIN load USING (stack_id, thread_id) JOIN stack ON stack.id = s.stack_id JOIN frame leaf ON leaf.id = stack.frame_id
  WHERE made > 0 GROUP BY 1, 2, 3;

UPDATE process SET
  allocations = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 1 AND process_id = process.id),
  allocated_bytes = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 2 AND process_id = process.id),
  peak_bytes = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 3 AND process_id = process.id),
  leaked_bytes = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 4 AND process_id = process.id),
  leaked_allocations = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 5 AND process_id = process.id),
  temporary_allocations = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 6 AND process_id = process.id),
  reallocations = (SELECT coalesce(sum(value), 0) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 8 AND process_id = process.id),
  frees = (SELECT sum(value) FROM total JOIN thread ON thread.id = thread_id WHERE cost_id = 10 AND process_id = process.id),
  threads = (SELECT count(*) FROM thread WHERE process_id = process.id),
  peak_ns = start_ns + duration_ns * 2 / 3;

-- Live bytes grow to the peak at two thirds of the process's life and fall to what is leaked.
INSERT INTO pool
  SELECT 1, 1048576 * (1 + id % 2), id, id * 10, id * 1000, id * 300, id % 3, id % 3 * 100 FROM stack WHERE id % 5 = 0;

INSERT INTO timeline
  SELECT p.id, s.id,
         CASE WHEN s.end_ns <= p.peak_ns THEN p.peak_bytes * (s.end_ns - p.start_ns) / max(p.peak_ns - p.start_ns, 1)
              WHEN s.start_ns <= p.peak_ns THEN p.peak_bytes
              ELSE p.leaked_bytes + (p.peak_bytes - p.leaked_bytes) * (p.start_ns + p.duration_ns - s.start_ns) / (p.start_ns + p.duration_ns - p.peak_ns) END,
         CASE WHEN s.end_ns <= p.peak_ns THEN p.peak_bytes * (s.end_ns - p.start_ns) / max(p.peak_ns - p.start_ns, 1)
              ELSE p.leaked_bytes + (p.peak_bytes - p.leaked_bytes) * (p.start_ns + p.duration_ns - s.end_ns) / (p.start_ns + p.duration_ns - p.peak_ns) END,
         coalesce((SELECT sum(count) FROM span_sum x JOIN thread ON thread.id = thread_id WHERE class = 1 AND x.slice = s.id AND process_id = p.id), 0),
         coalesce((SELECT sum(amount) FROM span_sum x JOIN thread ON thread.id = thread_id WHERE class = 1 AND x.slice = s.id AND process_id = p.id), 0),
         coalesce((SELECT sum(count) FROM span_sum x JOIN thread ON thread.id = thread_id WHERE class = 1 AND x.end_slice = s.id AND process_id = p.id), 0),
         CASE WHEN s.id % 2 = 0 THEN p.peak_bytes + 8388608 + s.id * 4096 END, CASE WHEN s.id % 2 = 0 THEN 256 - s.id END, CASE WHEN s.id % 2 = 0 THEN s.id % 64 = 0 END
  FROM process p JOIN slice s ON s.end_ns > p.start_ns AND s.start_ns < p.start_ns + p.duration_ns;

-- Threads made by others, and locks. Waits and holds are written down; what is known of a lock as a whole follows, but for what only
-- its counters know.
UPDATE thread SET creator_id = 1, created_stack_id = 96, start_function = 'worker_main', joined = 1 WHERE id IN (2, 3);
UPDATE thread SET creator_id = 1, created_stack_id = 96, start_function = 'flush_main', detached = 1 WHERE id = 4;
UPDATE thread SET creator_id = 6, created_stack_id = 65, start_function = 'io_main' WHERE id = 7;

-- class, lock, stack, thread, owner, slice, reading, waits, wait_ns, max_ns, timeouts
INSERT INTO lock_wait (class, lock_id, stack_id, thread_id, owner_id, slice, reading, waits, wait_ns, max_ns, timeouts) VALUES
  (20, 1, 83, 2, 4, 20, 0, 300, 1800000000, 21000000, 0), (20, 1, 83, 2, 4, 21, 0, 100, 600000000, 22000000, 0),
  (20, 1, 83, 3, 4, 20, 0, 350, 1500000000, 19000000, 0), (20, 1, 83, 3, 2, 22, 0, 50, 100000000, 4000000, 0),
  (20, 1, 87, 1, 4, 20, 0, 40, 300000000, 15000000, 2), (20, 1, 84, 4, 2, 20, 0, 10, 10000000, 2000000, 0),
  (20, 2, 94, 2, 3, 40, 0, 3, 9000000, 5000000, 0), (20, 2, 95, 3, 2, 41, 0, 2, 4000000, 3000000, 0),
  (20, 3, 91, 2, 1, 60, 1, 60, 120000000, 6000000, 0), (20, 3, 91, 3, 1, 60, 1, 40, 60000000, 5000000, 0),
  (20, 3, 92, 1, 0, 61, 0, 20, 90000000, 8000000, 1), (22, 5, 89, 2, 0, 100, 0, 900, 5000000000, 90000000, 0),
  (22, 5, 89, 3, 0, 100, 0, 800, 5200000000, 91000000, 100), (22, 6, 93, 2, 0, 110, 0, 5, 50000000, 20000000, 1),
  (22, 7, 90, 1, 0, 254, 0, 2, 1000000000, 700000000, 0), (20, 8, 60, 4, 0, 70, 0, 7, 14000000, 6000000, 0),
  (22, 14, 58, 4, 0, 71, 0, 4, 40000000, 20000000, 1), (20, 9, 97, 6, 7, 130, 0, 4, 8000000, 3000000, 0),
  (20, 10, 98, 7, 6, 140, 0, 6, 12000000, 4000000, 0), (22, 11, 98, 7, 0, 150, 0, 3, 30000000, 15000000, 0),
  (22, 13, 89, 2, 0, 101, 0, 10, 100000000, 20000000, 0);

-- lock, stack, thread, slice, releases, caused_wait_ns, hold_ns, hold_max_ns, allocations
INSERT INTO lock_hold VALUES
  (1, 85, 4, 20, 500, 3000000000, 900000000, 23000000, 150000), (1, 85, 4, 21, 100, 800000000, 200000000, 20000000, 62000),
  (1, 81, 2, 20, 100, 400000000, 40000000, 900000, 0), (1, 81, 3, 22, 40, 90000000, 5000000, 800000, 0), (1, 86, 1, 20, 5, 20000000, 400000, 90000, 0),
  (2, 95, 3, 40, 3, 9000000, 9500000, 5200000, 10), (2, 94, 2, 41, 2, 4000000, 4100000, 3050000, 0),
  (3, 92, 1, 60, 30, 180000000, 150000000, 7000000, 0), (3, 91, 2, 61, 18, 90000000, 20000000, 2000000, 0),
  (9, 98, 7, 130, 4, 8000000, 8200000, 3100000, 1), (10, 97, 6, 140, 6, 12000000, 12100000, 4100000, 0);

INSERT INTO lock (id, process_id, kind, flags, name, address, life, block_stack_id, block_offset, first_stack_id, start_ns, end_ns, acquisitions,
                  read_acquisitions, contended, read_contended, try_failures, timeouts, wait_ns, read_wait_ns, wait_max_ns, waits,
                  hold_ns, hold_max_ns, hold_measured, hold_allocations, owner_changes, max_waiters, sampled)
  WITH given(id, process_id, kind, flags, name, address, life, block_stack_id, block_offset, first_stack_id, start_ns, end_ns, acquisitions,
             read_acquisitions, try_failures, hold_ns, hold_max_ns, hold_measured, hold_allocations, owner_changes, max_waiters, sampled) AS (VALUES
    (1, 1, 'mutex', '', 'server+0x40', 94000000040, 1, NULL, NULL, 86, 1000000, NULL, 1200000, 0, 5, 3900000000, 23000000, 4000, 212000, 9000, 3, 1),
    (2, 1, 'mutex', 'recursive', 'cache_grow+0x18 (heap)', 94000100024, 1, 12, 24, 94, 2000000, NULL, 5000, 0, 0, 60000000, 5200000, 12, 10, 400, 1, 0),
    (3, 1, 'rwlock', 'prefer-writer', 'table_lock', 94000000128, 1, NULL, NULL, 92, 1500000, NULL, 400000, 390000, 0, 700000000, 7000000, 900, 0, 21000, 4, 0),
    (4, 1, 'spin', '', 'stats_lock', 94000000200, 1, NULL, NULL, 81, 1600000, NULL, 80000, 0, 0, 8000000, 4000, 80, 0, 12000, 0, 0),
    (5, 1, 'cond', '', 'jobs+0x28', 94000000340, 1, NULL, NULL, 89, 1700000, NULL, 1500, 0, 0, NULL, NULL, 0, 0, 0, 2, 0),
    (6, 1, 'sem', '', 'free_slots', 94000000400, 1, NULL, NULL, 93, 1800000, NULL, 900, 0, 0, NULL, NULL, 0, 0, 0, 1, 0),
    (7, 1, 'join', '', 'pthread_join', 0, 1, NULL, NULL, 90, 12000000000, NULL, 2, 0, 0, NULL, NULL, 0, 0, 0, 1, 0),
    (8, 1, 'futex', '', 'plugin.so+0x1234', 94000200000, 1, NULL, NULL, 60, 1900000, NULL, 7, 0, 0, NULL, NULL, 0, 0, 0, 1, 0),
    (9, 3, 'mutex', 'robust shared', 'pack;"state"', 95000000064, 1, NULL, NULL, 97, 6100000000, 6900000000, 100, 0, 0, 8200000, 3100000, 100, 1, 60, 1, 0),
    (10, 3, 'mutex', 'robust shared', 'pack;"state"', 95000000064, 2, NULL, NULL, 98, 6950000000, NULL, 200, 0, 0, 12100000, 4100000, 200, 0, 90, 1, 0),
    (11, 3, 'barrier', '', 'phase', 95000000128, 1, NULL, NULL, 98, 7000000000, NULL, 0, 0, 0, NULL, NULL, 0, 0, 0, 1, 0),
    (12, 1, 'mutex', 'errorcheck', 'config_lock', 94000000500, 1, NULL, NULL, 30, 900000, NULL, 3, 0, 0, NULL, NULL, 0, 0, 0, 0, 0),
    (13, 1, 'cond', '', 'jobs+0x88', 94000000436, 1, NULL, NULL, 89, 1750000, NULL, 10, 0, 0, NULL, NULL, 0, 0, 0, 1, 0),
    (14, 1, 'futex', '', 'plugin.so+0x1234', 94000200000, 1, NULL, NULL, 60, 1900000, NULL, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0)),
  sums AS (SELECT lock_id, max(class) AS class, sum(waits) AS waits, sum(waits * reading) AS read_waits, sum(timeouts) AS timeouts, sum(wait_ns) AS ns,
                  sum(wait_ns * reading) AS read_ns, max(max_ns) AS most FROM lock_wait GROUP BY lock_id)
  SELECT id, process_id, kind, flags, name, address, life, block_stack_id, block_offset, first_stack_id, start_ns, end_ns, acquisitions, read_acquisitions,
         CASE WHEN class = 20 THEN waits - timeouts ELSE 0 END,
         CASE WHEN kind = 'rwlock' THEN read_waits ELSE 0 END, try_failures, coalesce(timeouts, 0), coalesce(ns, 0), coalesce(read_ns, 0),
         coalesce(most, 0), coalesce(waits, 0), hold_ns, hold_max_ns, hold_measured, hold_allocations, owner_changes, max_waiters, sampled
  FROM given LEFT JOIN sums ON lock_id = id ORDER BY id;

INSERT INTO lock_histogram VALUES
  (1, 'wait', 0, 1000, 100), (1, 'wait', 1000, 1000000, 300), (1, 'wait', 1000000, 8000000, 400), (1, 'wait', 8000000, 16000000, 40),
  (1, 'wait', 16000000, NULL, 10), (1, 'hold', 0, 1000, 1195000), (1, 'hold', 1000, 1000000, 4300), (1, 'hold', 1000000, 32000000, 700),
  (2, 'wait', 1000000, 16000000, 5), (2, 'hold', 1000, 8000000, 5000), (3, 'wait', 1000000, 2000000, 100), (3, 'wait', 4000000, 16000000, 20),
  (3, 'hold', 1000, 8000000, 400000), (9, 'wait', 1000000, 2000000, 3), (9, 'wait', 2000000, 4000000, 1), (10, 'wait', 2000000, 4000000, 6),
  (5, 'wait', 1000000, 100000000, 1700), (8, 'wait', 1000000, 8000000, 7),
  (14, 'wait', 1000000, 32000000, 4);

-- held, asked for, where each; thread, when, cycle
INSERT INTO lock_order (held_lock_id, lock_id, held_stack_id, stack_id, thread_id, start_ns, cycle) VALUES
  (1, 2, NULL, 84, 4, 1000000000, 0), (2, 3, 94, 91, 2, 2000000000, 1), (3, 2, 92, 95, 3, 2500000000, 1);

INSERT INTO total
  SELECT class, stack_id, thread_id, sum(wait_ns) FROM lock_wait GROUP BY 1, 2, 3 UNION ALL
  SELECT 21, stack_id, thread_id, sum(waits) FROM lock_wait WHERE class = 20 GROUP BY 2, 3 UNION ALL
  SELECT 23, stack_id, thread_id, sum(caused_wait_ns) FROM lock_hold GROUP BY 2, 3;
INSERT INTO span_sum
  SELECT class, slice, 0, stack_id, thread_id, sum(waits), sum(wait_ns) FROM lock_wait GROUP BY 1, 2, 4, 5 UNION ALL
  SELECT 23, slice, 0, stack_id, thread_id, sum(releases), sum(caused_wait_ns) FROM lock_hold GROUP BY 2, 4, 5;

UPDATE process SET
  contended = (SELECT coalesce(sum(w.waits - w.timeouts), 0) FROM lock_wait w JOIN lock ON lock.id = lock_id WHERE class = 20 AND process_id = process.id),
  wait_ns = (SELECT coalesce(sum(w.wait_ns), 0) FROM lock_wait w JOIN lock ON lock.id = lock_id WHERE class = 20 AND process_id = process.id),
  blocked_ns = (SELECT coalesce(sum(w.wait_ns), 0) FROM lock_wait w JOIN lock ON lock.id = lock_id WHERE class = 22 AND process_id = process.id);

UPDATE lock SET hold_waiting_ns = 250000000 WHERE id = 1;
UPDATE lock SET broadcasts = 30, woken_in_vain = 12 WHERE id = 5;

-- How far blocks outlived who asked for them. Written down: stack, thread, class, owner, level, freed by, in thread, blocks, uncertain.
-- Of the rest what is live is retained, and the site's caller frees the others.
CREATE TEMP TABLE fate (stack_id, thread_id, class, owner_id, level, free_stack_id, free_thread_id, blocks, uncertain);
INSERT INTO fate VALUES
  (6, 1, 2, 5, 1, 5, 0, 396000, 0), (6, 1, 1, 6, 0, 6, 0, 14000, 0), (76, 1, 1, 76, 0, 76, 0, 205000, 0), (77, 2, 1, 77, 0, 77, 0, 88000, 0),
  (77, 3, 1, 77, 0, 77, 0, 86000, 0), (10, 1, 2, 8, 2, 8, 0, 60000, 500), (10, 1, 3, 58, 0, 58, 4, 30000, 0), (10, 1, 2, 0, 0, 5, 0, 10000, 10000),
  (14, 1, 2, 5, 3, 5, 0, 200, 200), (15, 1, 2, 5, 3, 5, 0, 60000, 0), (16, 1, 1, 16, 0, 16, 0, 29000, 0), (21, 1, 1, 19, 0, 19, 0, 18400, 0),
  (25, 1, 2, 8, 3, 8, 0, 320, 20), (27, 1, 1, 26, 0, 26, 0, 880, 0), (48, 2, 3, 58, 0, 58, 4, 40000, 0), (48, 2, 2, 46, 2, 46, 0, 20000, 1000),
  (48, 3, 3, 58, 0, 58, 4, 50000, 0), (48, 3, 3, 46, 0, 46, 2, 8500, 0), (52, 2, 1, 50, 0, 50, 0, 9900, 0), (52, 3, 1, 50, 0, 50, 0, 9700, 0),
  (59, 4, 3, 5, 0, 5, 1, 2600, 0), (70, 7, 3, 65, 0, 65, 6, 600, 0), (62, 4, 1, 62, 0, 62, 0, 512, 0);
INSERT INTO fate
  WITH RECURSIVE up(stack_id, id) AS (
    SELECT DISTINCT stack_id, stack_id FROM load UNION ALL
    SELECT up.stack_id, node.parent_id FROM up JOIN node ON node.id = up.id JOIN frame ON frame.id = node.frame_id
    WHERE frame.function_id IN (27, 28, 31)),
  above AS (SELECT up.stack_id, node.parent_id AS caller FROM up JOIN node ON node.id = up.id JOIN frame ON frame.id = node.frame_id
            WHERE frame.function_id NOT IN (27, 28, 31)),
  rest AS (SELECT load.stack_id, load.thread_id, allocations - live - coalesce((SELECT sum(blocks) FROM fate f
           WHERE f.stack_id = load.stack_id AND f.thread_id = load.thread_id), 0) AS blocks FROM load)
  SELECT rest.stack_id, thread_id, 2, caller, 1, caller, 0, blocks, 0 FROM rest JOIN above ON above.stack_id = rest.stack_id WHERE blocks > 0 UNION ALL
  SELECT stack_id, thread_id, 4, 0, 0, 0, 0, live, 0 FROM load WHERE live > 0;
INSERT INTO escaped
  SELECT f.stack_id, f.thread_id, class, owner_id, level, free_stack_id, free_thread_id, blocks, blocks * size, uncertain
  FROM fate f JOIN load ON load.stack_id = f.stack_id AND load.thread_id = f.thread_id;
INSERT INTO owner -- in every activation of an owner about as many blocks die
  SELECT function_id, process_id, (blocks + often - 1) / often, blocks, bytes, min(blocks, often * 2), min(bytes, bytes * often * 2 / blocks) FROM
    (SELECT function_id, process_id, 1 + function_id % 7 * 3 AS often, sum(blocks) AS blocks, sum(bytes) AS bytes FROM escaped
     JOIN stack ON stack.id = owner_id JOIN frame ON frame.id = frame_id JOIN thread ON thread.id = thread_id WHERE class IN (1, 2)
     GROUP BY function_id, process_id);
INSERT INTO total
  SELECT CASE class WHEN 1 THEN 12 WHEN 4 THEN 14 ELSE 13 END, stack_id, thread_id, sum(bytes) FROM escaped GROUP BY 1, 2, 3;
-- Frees are counted where they were done.
DELETE FROM total WHERE cost_id IN (10, 11);
INSERT INTO total
  WITH done AS (SELECT free_stack_id, CASE free_thread_id WHEN 0 THEN thread_id ELSE free_thread_id END AS thread_id, blocks, bytes
                FROM escaped WHERE class < 4)
  SELECT 10, free_stack_id, thread_id, sum(blocks) FROM done GROUP BY 2, 3 UNION ALL
  SELECT 11, free_stack_id, thread_id, sum(bytes) FROM done GROUP BY 2, 3;

-- Spread over the slices as what was allocated and freed is.
INSERT INTO span_sum
  WITH ended AS (SELECT stack_id, thread_id, slice, size, made - kept AS m, sum(made - kept) OVER (PARTITION BY stack_id, thread_id ORDER BY slice) AS until,
                        sum(made - kept) OVER (PARTITION BY stack_id, thread_id) AS whole FROM spread WHERE made > kept),
  what AS (SELECT 4 AS class, stack_id, thread_id, sum(blocks) AS blocks FROM escaped WHERE class = 3 GROUP BY 2, 3 UNION ALL
           SELECT 5, stack_id, thread_id, sum(blocks) FROM escaped WHERE class = 1 GROUP BY 2, 3 UNION ALL
           SELECT 6, stack_id, thread_id, sum(uncertain) FROM escaped WHERE uncertain > 0 GROUP BY 2, 3),
  shared AS (SELECT class, slice, stack_id, thread_id, blocks * until / whole - blocks * (until - m) / whole AS n, size FROM ended JOIN what USING (stack_id, thread_id))
  SELECT class, slice, 0, stack_id, thread_id, n, n * size FROM shared WHERE n > 0;

INSERT INTO site_total SELECT cost_id, site_id, thread_id, sum(value) FROM total JOIN stack ON stack.id = stack_id GROUP BY 1, 2, 3;

DROP TABLE node; DROP TABLE load; DROP TABLE bucket; DROP TABLE spread; DROP TABLE fate;
COMMIT;
