-- Judges what settings say of themselves: fingerprints of secrets (the first 16 hex digits of their SHA-256), and names.
with setting as (
    select cast(:#${bean:fingerprints?method=of('salesloft.api-key')} as text) as api_key,
           cast(:#${bean:fingerprints?method=of('salesloft.client-id')} as text) as client_id,
           cast(:#${bean:fingerprints?method=of('salesloft.callback-token')} as text) as callback_token,
           cast(:#${bean:fingerprints?method=of('salesloft.token-key')} as text) as token_key,
           cast(:#${properties:salesloft.token-store} as text) as token_store,
           cast(:#${bean:fingerprints?method=of('salesloft.notify-ops-url')} as text) as notify_ops,
           string_to_array(regexp_replace(cast(:#${properties:salesloft.checklist.development-fingerprints} as text), '\s', '', 'g'), ',') as development
), known as (
    select *, development <> '{}' and development <> '{""}' as listed from setting
)
select 'oauth-app' as item,
       case when api_key <> '' then 'FAIL' when client_id = any (development) then 'FAIL' when not listed then 'MANUAL' else 'PASS' end as state,
       case when api_key <> '' then 'SALESLOFT_API_KEY is used, which is no OAuth app: it belongs to a person, and nothing rotates it'
            when client_id = any (development) then 'SALESLOFT_CLIENT_ID (' || client_id || ') is one of CHECKLIST_DEVELOPMENT_FINGERPRINTS'
            when not listed then 'SALESLOFT_CLIENT_ID has the fingerprint ' || client_id || '; CHECKLIST_DEVELOPMENT_FINGERPRINTS lists no client of development or staging to compare it with'
            else 'SALESLOFT_CLIENT_ID (' || client_id || ') is none of the ' || cardinality(development) || ' values of CHECKLIST_DEVELOPMENT_FINGERPRINTS' end as evidence from known
union all
select 'token-store',
       case when api_key <> '' then 'MANUAL' when token_key = any (development) or waiting then 'FAIL'
            when token_store = 'database' and not listed or token_store <> 'database' and stored_in is distinct from token_store then 'MANUAL' else 'PASS' end,
       case when api_key <> '' then 'there is no token pair; see to it that SALESLOFT_API_KEY comes from a secret manager'
            when token_key = any (development) then 'TOKEN_KEY (' || token_key || ') is one of CHECKLIST_DEVELOPMENT_FINGERPRINTS'
            when waiting then 'version ' || version || ' of the pair waits for its store, ' || token_store || ', since ' || waits_since || coalesce(': ' || trouble, '')
            when token_store = 'database' and not listed then 'the pair is encrypted (AES-GCM) in PostgreSQL under TOKEN_KEY (' || token_key || '); CHECKLIST_DEVELOPMENT_FINGERPRINTS lists none of development or staging to compare it with'
            when token_store = 'database' then 'the pair is encrypted (AES-GCM) in PostgreSQL under TOKEN_KEY (' || token_key || '), which is not in the database'
            when stored_in is distinct from token_store then 'TOKEN_STORE is ' || token_store || ', which has no pair yet; there is one after the first call'
            else token_store || ' has version ' || version || ' of the pair, as its ' || stored_as end
  from known left join lateral (select *, pair <> '' and known.token_store <> 'database' and waits_since < now() - interval '1 minute' as waiting from oauth_token) stored on true
union all
select 'callback-token',
       case when callback_token = '' or callback_token = any (development) then 'FAIL' when not listed then 'MANUAL' else 'PASS' end,
       case when callback_token = '' then 'SALESLOFT_CALLBACK_TOKEN is not set: every webhook is refused'
            when callback_token = any (development) then 'SALESLOFT_CALLBACK_TOKEN (' || callback_token || ') is one of CHECKLIST_DEVELOPMENT_FINGERPRINTS'
            when not listed then 'SALESLOFT_CALLBACK_TOKEN has the fingerprint ' || callback_token || '; CHECKLIST_DEVELOPMENT_FINGERPRINTS lists none of development or staging to compare it with'
            else 'SALESLOFT_CALLBACK_TOKEN (' || callback_token || ') is none of CHECKLIST_DEVELOPMENT_FINGERPRINTS' end from known
union all
select 'auth-alert',
       case when notify_ops = '' then 'MANUAL' else 'PASS' end,
       case when notify_ops = '' then 'NOTIFY_OPS_URL is empty, so that notices are only logged: see to it that the alert of Prometheus reaches somebody' else 'notices go to NOTIFY_OPS_URL' end from known
