-- SPDX-License-Identifier: MIT
--
-- Makes of synthetic.sql's recording an earlier one, to compare with: run on a copy of that database. Earlier row_new asked for half
-- as much, json_parse_string for five times as much, reply_begin was called reply_start, cache_get never waited, index::Node
-- was made without a leak; all lines were others, all modules elsewhere and of other builds, so plugin.so's offsets mean nothing.
-- Sums follow from `total` again.

BEGIN;

UPDATE total SET value = value / 2 WHERE cost_id IN (1, 2, 3, 4, 5, 6, 7, 9)
  AND stack_id IN (SELECT stack.id FROM stack JOIN site ON site.id = site_id JOIN function ON function.id = function_id WHERE name = 'row_new');
UPDATE site_peak SET peak_bytes = peak_bytes / 2
  WHERE site_id IN (SELECT site.id FROM site JOIN function ON function.id = function_id WHERE name = 'row_new');
UPDATE total SET value = value * 5
  WHERE stack_id IN (SELECT stack.id FROM stack JOIN site ON site.id = site_id JOIN function ON function.id = function_id WHERE name = 'json_parse_string');
DELETE FROM total WHERE cost_id IN (20, 21)
  AND stack_id IN (SELECT stack.id FROM stack JOIN site ON site.id = site_id JOIN function ON function.id = function_id WHERE name = 'cache_get');
DELETE FROM total WHERE cost_id IN (4, 5)
  AND stack_id IN (SELECT stack.id FROM stack JOIN site ON site.id = site_id JOIN function ON function.id = function_id WHERE name = 'index::Node::Node(int)');
UPDATE function SET name = 'reply_start' WHERE name = 'reply_begin';
DELETE FROM total WHERE value = 0;

UPDATE site SET line = line + 7 WHERE line > 0;
UPDATE frame SET line = line + 7, address = address + 4096 WHERE line > 0;
UPDATE module SET path = replace(path, '/usr/', '/opt/old/'), build_id = CASE build_id WHEN '' THEN '' ELSE build_id || '00' END;
UPDATE file SET path = replace(path, '/src/', '/build/old/');

DELETE FROM site_total;
INSERT INTO site_total SELECT cost_id, site_id, thread_id, sum(value) FROM total JOIN stack ON stack.id = stack_id GROUP BY 1, 2, 3;
CREATE TEMP VIEW sums AS SELECT process_id, cost_id, sum(value) AS value FROM total JOIN thread ON thread.id = thread_id GROUP BY 1, 2;
UPDATE process SET
  allocations = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 1), 0),
  allocated_bytes = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 2), 0),
  peak_bytes = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 3), 0),
  leaked_bytes = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 4), 0),
  leaked_allocations = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 5), 0),
  temporary_allocations = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 6), 0),
  wait_ns = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 20), 0),
  blocked_ns = coalesce((SELECT value FROM sums WHERE process_id = process.id AND cost_id = 22), 0);
UPDATE process SET lost_events = 12 WHERE id = 2;
UPDATE meta SET value = 9600000000 WHERE key = 'duration_ns';
DROP VIEW sums;

COMMIT;
