-- Rollbacks: each run, and its steps. They are kept: what happened in the night is read the next morning, and next year.
create table rollback_run (
    id          text        primary key default cast(gen_random_uuid() as text),
    state       text        not null default 'running', -- running, blocked (somebody has to revert by hand), done, unverified, failed
    outcome     text,                                   -- what the state will be once everybody has been told
    reason      text        not null,
    actor       text        not null,
    platform    text        not null,
    release     text,                                   -- the one that is rolled back; null: not known
    host        text        not null,                   -- where the rollback was asked for
    to_revision integer,
    preflight   jsonb,                                  -- what was found before anything was changed, with the target; its template until the end
    reverted_at timestamptz,
    started_at  timestamptz not null default now(),
    ended_at    timestamptz
);
-- One at a time.
create unique index rollback_run_open on rollback_run ((ended_at is null)) where ended_at is null;

create table rollback_step (
    run      text        not null,
    step     text        not null,
    position integer     not null,
    state    text        not null default 'pending',    -- pending, running, done, skipped, failed
    begun_at timestamptz,
    at       timestamptz,
    detail   text,
    healthy  integer     not null default 0,            -- healthy answers in a row, of the step that verifies
    primary key (run, step)
);

-- What a preflight has found, with an objection where the revision before the present one is one that a rollback has taken back: undoing
-- it once more would bring the bad release back. Whoever names a revision wants it.
create function rollback_objections(preflight jsonb, to_revision integer) returns jsonb language sql stable as $$
    select case when to_revision is not null or taken.id is null then preflight
                else jsonb_set(preflight, '{problems}', coalesce(preflight -> 'problems', '[]') || to_jsonb('revision ' || (preflight -> 'target' ->> 'revision')
                     || ' is what the rollback ' || taken.id || ' took back; to bring it back all the same, or an older one, name it with "toRevision"')) end
      from (select (select r.id from rollback_run r
                     where r.preflight -> 'deployment' ->> 'uid' = $1 -> 'deployment' ->> 'uid'
                       and r.preflight -> 'deployment' ->> 'currentReplicaSet' = $1 -> 'target' ->> 'replicaSet'
                       and r.preflight -> 'target' ->> 'replicaSet' <> $1 -> 'target' ->> 'replicaSet'
                     order by r.started_at desc limit 1) as id) taken
$$;
