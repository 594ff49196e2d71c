-- claim_rows has inflated costs (enable_seqscan = off), for which PostgreSQL would compile it at every call.
alter function claim_rows(text, bigint, boolean, integer) set jit = off;

-- Hands a worker rows of one job, the urgent ones first, in their order: none that another worker has in hand, and none behind a row for
-- the same person, unless that one is in the same chunk. Of one person there are at most so many (deep), because they are done one after
-- the other. It looks past rows that wait for their turn. One claim at a time, and each sees what the one before has done.
-- It shares the lock and the columns with claim_rows, which an older release calls; that release does all rows of a chunk at once.
create function claim_chunk(worker text, worker_fence bigint, only_urgent boolean, most integer, deep integer, out claimed_job uuid, out claimed integer)
    language plpgsql set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    -- Holders that are alive, each with its fence.
    alive   text[] := array(select l.name || ' ' || l.fence from lease l where l.name like 'push:%' and l.expires_at > now());
    next    record;
    before  bigint[];
    depth   integer;
    taken   bigint[]  := '{}';
    depths  integer[] := '{}';
    waiting text[]    := '{}';
    looked  integer   := 0;
    found   integer;
begin
    perform pg_advisory_xact_lock(72459917);
    claimed := 0;
    -- Left over from a chunk that was not ended.
    update sync_row set holder = null, fence = null where holder = worker and state = 'open';
    if (select paused from control) then
        return;
    end if;
    for next in
        select r.seq, r.job, r.identities from sync_row r
         where r.state = 'open' and r.urgent >= only_urgent and (r.not_before is null or r.not_before <= now())
           and (r.holder is null or r.holder || ' ' || r.fence <> all (alive))
         order by r.urgent desc, r.seq
    loop
        looked := looked + 1;
        exit when looked > 50000 or looked > found + 500;
        -- Whoever comes after a row that waits waits, too.
        continue when next.job <> claimed_job or next.identities && waiting;
        -- For each identity the row just before this one. If that one is in the chunk, so are all others before it.
        before := array(select o.seq from unnest(next.identities) mine, lateral (select seq from sync_identity
                         where identity = mine and seq < next.seq order by seq desc limit 1) o);
        depth := case when before = '{}' then 1 when before <@ taken then (select 1 + max(depths[array_position(taken, b)]) from unnest(before) b) end;
        -- A later row may be in hand: its upload was stored sooner. (Where there is a row before, that one was asked.)
        if depth is null or depth > deep or exists (
            select from unnest(next.identities) mine
              join sync_identity o on o.identity = mine and o.seq > next.seq
              join sync_row x on x.seq = o.seq
             where x.holder is not null and x.holder || ' ' || x.fence = any (alive)
               and not exists (select from sync_identity e where e.identity = mine and e.seq < next.seq)) then
            if cardinality(waiting) < 200 then
                waiting := waiting || next.identities;
            end if;
            continue;
        end if;
        claimed_job := next.job;
        found := coalesce(found, looked);
        taken := taken || next.seq;
        depths := depths || depth;
        exit when cardinality(taken) >= most;
    end loop;
    update sync_row set holder = worker, fence = worker_fence where seq = any (taken) and state = 'open';
    get diagnostics claimed = row_count;
    update sync_job set started_at = now() where job = claimed_job and started_at is null;
end $$;

-- The key of a row in the ledger (table operation). Keys are given by whoever sends the row, made of job and number, made of topic,
-- partition and offset, or made of one of these for the membership (:enroll), and no two kinds may meet: a given key that looks like one of
-- another kind gets an ending of its own. All other keys stay as they have always been, so that an older release, before or
-- beside this one or rolled back to, finds what this one has begun and done, and this one what that has. Where an older release has
-- used the key of a row for another row (it let kinds meet), the row's own entry is the one of its job; without one it
-- gets an ending, too. What remains: for a given key that looks like another kind's an older release looks under the plain key; it does
-- nothing that is done (it finds the row done under the key), and does not create whom this release is just creating.
create function ledger_key(key text, given boolean, named boolean, job uuid) returns text language sql stable as $$
    select case
        when named and key ~ '(^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9]+|^salesloft[.]commands:[0-9]+:[0-9]+|:enroll|:membership|:given|:row)$'
             and not exists (select from operation o where o.key = ledger_key.key and o.resource = 'people' and o.job = ledger_key.job) then key || ':given'
        when not given and exists (select from operation o where o.key = ledger_key.key and o.job is distinct from ledger_key.job) then key || ':row'
        else key end
$$;

-- The key of the membership that goes with it.
create function enrolment_key(ledger_key text) returns text language sql stable as $$
    select ledger_key || case when exists (select from operation o where o.key = ledger_key || ':enroll' and o.resource <> 'cadence_memberships')
                              then ':membership' else ':enroll' end
$$;

-- A phone as SalesLoft keeps it: the digits of it, all of them, those of an extension too. Nothing is guessed: with and without
-- the prefix of a country, or with 00 in place of +, are two phones. What has no digit stays as it is.
create function phone_digits(phone text) returns text language sql immutable strict as $$
    select coalesce(nullif(regexp_replace(phone, '[^0-9]', '', 'g'), ''), btrim(phone))
$$;
create index record_phone_digits on record using hash (phone_digits(document ->> 'phone')) where resource = 'people';

-- Whether a field already has this value: e-mail addresses whatever their case, phones by their digits, lists whatever their
-- order, the custom fields of SalesLoft are texts.
create or replace function same_value(name text, wanted jsonb, current jsonb) returns boolean language plpgsql immutable as $$
begin
    if is_empty(wanted) or is_empty(current) then
        return is_empty(wanted) and is_empty(current);
    elsif name = 'email_address' then
        return lower(btrim(wanted #>> '{}')) = lower(btrim(current #>> '{}'));
    elsif name in ('phone', 'home_phone', 'mobile_phone') then
        return phone_digits(wanted #>> '{}') = phone_digits(current #>> '{}');
    elsif jsonb_typeof(wanted) = 'array' and jsonb_typeof(current) = 'array' then
        return wanted @> current and current @> wanted;
    elsif name = 'custom_fields' then
        return not exists (select from jsonb_each_text(wanted) w where coalesce(w.value, '') <> coalesce(current ->> w.key, ''));
    end if;
    return wanted = current;
end $$;

-- What came of the rows of a job that is not done, up to an instant: what came later is counted when somebody asks.
alter table sync_job add column tallied_to timestamptz, add column tally jsonb;
create function tallied(tally jsonb, name text) returns bigint language sql immutable as $$
    select coalesce(cast(tally ->> name as bigint), 0)
$$;
