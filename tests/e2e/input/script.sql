-- SPDX-License-Identifier: MIT
-- A fixed script for sqlite3: tables, an index, updates, groups, errors of none.
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i+1 from n where i<3000) insert into t select i, 'row number '||i, i*1.5 from n;
create index tb on t(b);
select count(*), sum(c) from t where b like '%9%';
update t set b = b || 'x' where a % 3 = 0;
delete from t where a % 7 = 0;
select b, group_concat(a) from t where a < 100 group by a % 5;
