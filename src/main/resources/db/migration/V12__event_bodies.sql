-- The same as before (V6), at two thirds of the cost: a body is only mended where it holds an escape that jsonb may refuse, and
-- only written anew where it holds a callback token.
create or replace function read_body(body text, out document jsonb, out error text) language plpgsql immutable as $$
begin
    document := cast(case when strpos(body, '\u') > 0 then cast(readable(body) as text) else body end as jsonb);
    if jsonb_exists(document, 'callback_token') then
        document := document - 'callback_token';
    end if;
exception when others then
    error := sqlerrm;
end $$;
