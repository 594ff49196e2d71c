-- When the refresh was last tried with an expired token, on which release, and what came of it.
select 'refresh-drill' as item,
       case when api_key <> '' then 'PASS' when d.id is null then 'MANUAL' when d.healed then 'PASS' else 'FAIL' end as state,
       case when api_key <> '' then 'SALESLOFT_API_KEY does not expire'
            when d.id is null then 'never tried: POST /ops/drills/expired-token, which uses up one rotation of the refresh token'
            when d.healed then 'healed within ' || d.took_ms || ' ms on ' || to_char(d.ended_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC, release ' || d.release
            else 'the last drill failed: ' || d.reason end as evidence
  from (select cast(:#${bean:fingerprints?method=of('salesloft.api-key')} as text) as api_key) setting
  left join (select * from drill where name = 'expired-token' and ended_at is not null and (healed or reason not like 'nothing was expired%') order by ended_at desc limit 1) d on true
