-- Fills the tables of tables.sql: sample.generate(rows, seed, now) returns how many rows it made.
--
-- Everything about a row is a function of its number and the seed, by PostgreSQL's own hash
-- functions: the same arguments give the same database, a child knows its parent's values without
-- looking them up, and the work is a stream of INSERT ... SELECT that keeps nothing in memory.
--
-- Time is a position x from 0 (nine years ago) to 1 (now), by which the company grows: the moment
-- is now - (1 - x)^3 * 9 years, so that recent days are denser. Row i of n stands near x = i / n,
-- and account a of n was opened at a / n, so that a row never belongs to an account that is
-- younger. The share of an account falls as 1 / a. One account in five is closed, and gets no rows
-- afterwards.
--
-- Six hours of each day are quiet. They begin an hour before the moment called now, so that next to
-- nothing falls due in the hours after loading, and a second run has nothing to do.
--
-- Numbers of people are from the ranges that are reserved for fiction (NANP 555, Ofcom, BNetzA,
-- ACMA), addresses of mail and sites from example.com and its like.

create schema sample;

create function sample.h(seed integer, salt integer, i bigint) returns bigint
    language sql immutable parallel safe
    as 'select hashint8extended(i, seed::bigint * 1000 + salt) & 9223372036854775807';

-- uniform in [0, 1)
create function sample.u(seed integer, salt integer, i bigint) returns float8
    language sql immutable parallel safe
    as 'select (hashint8extended(i, seed::bigint * 1000 + salt) & 4503599627370495)::float8
        / 4503599627370496';

-- uniform in 0 .. m - 1
create function sample.n(seed integer, salt integer, i bigint, m bigint) returns bigint
    language sql immutable parallel safe
    as 'select (hashint8extended(i, seed::bigint * 1000 + salt) & 9223372036854775807) % m';

create function sample.id(seed integer, salt integer, i bigint) returns uuid
    language sql immutable parallel safe
    as $$ select md5(seed::text || '.' || salt::text || '.' || i::text)::uuid $$;

create function sample.at(now timestamptz, x float8) returns timestamptz
    language sql immutable parallel safe
as $$
    select now - (1 + 18 * power(1 - x, 3) * 3287 + 6 * floor(power(1 - x, 3) * 3287))
        * interval '1 hour'
$$;

create function sample.zipf(seed integer, salt integer, i bigint, m float8) returns bigint
    language sql immutable parallel safe
    as 'select greatest(1, least(m, floor(exp(sample.u(seed, salt, i) * ln(m + 1)))))::bigint';

-- where on the line of time the account was closed; 2: it was not
create function sample.closed(seed integer, a bigint, accounts bigint) returns float8
    language sql immutable parallel safe
    as 'select case when a % 5 = 2 and a > 3 then
            a::float8 / accounts + (1 - a::float8 / accounts) * sample.u(seed, 2, a) else 2 end';

-- j = 1 .. count; i: the row of the parent's stream (or j itself where count = n); x, a: its
-- position in time and its account
create function sample.stream(seed integer, salt integer, n bigint, count bigint, accounts bigint)
    returns table (j bigint, i bigint, x float8, a bigint)
    language sql immutable parallel safe
as $$
    select s.j, p.i, t.x, z.z - (t.x > sample.closed(seed, z.z, accounts))::integer
    from generate_series(1, count) s (j)
    cross join lateral (select 1 + (s.j - 1) * n / count as i offset 0) p
    cross join lateral (select greatest(p.i - 20 * sample.u(seed, salt, p.i), 0) / n as x
        offset 0) t
    cross join lateral (select sample.zipf(seed, salt + 1, p.i, t.x * accounts) as z offset 0) z
$$;

-- the person who contacts number k of n is; favours the older ones
create function sample.person(seed integer, salt integer, i bigint, n bigint, x float8)
    returns bigint
    language sql immutable parallel safe
    as 'select 1 + floor(n * x * power(sample.u(seed, salt, i), 2))::bigint';

create function sample.area_codes() returns integer[]
    language sql immutable parallel safe
as $$ select '{201,202,203,205,206,207,208,209,210,212,213,214,215,216,217,218,219,224,225,228,229,
    231,234,239,240,248,251,252,253,254,256,260,262,267,269,270,276,281,301,302,303,304,305,307,308,
    309,310,312,313,314,315,316,317,318,319,320,321,323,325,330,334,336,337,339,347,351,352,360,361,
    386,401,402,404,405,406,407,408,409,410,412,413,414,415,417,419,423,424,425,432,434,435,440,443,
    469,478,479,480,484,501,502,503,504,505,507,508,509,510,512,513,515,516,517,518,520,530,540,541,
    551,559,561,562,563,567,570,571,573,574,580,585,586,601,602,603,605,606,607,608,609,610,612,614,
    615,616,617,618,619,620,623,626,630,631,636,641,646,650,651,660,661,662}'::integer[] $$;

-- E.164; k < 1 500 000 are all different
create function sample.phone(k bigint) returns text
    language sql immutable parallel safe
as $$
    select case k % 53
        when 7 then '+442079460' || lpad((k / 53 % 1000)::text, 3, '0')
        when 19 then '+493023125' || lpad((k / 53 % 1000)::text, 3, '0')
        when 31 then '+6125550' || lpad((k / 53 % 10000)::text, 4, '0')
        else '+1' || (sample.area_codes())[1 + k % 150] || '555'
            || lpad((k / 150 * 7919 % 10000)::text, 4, '0') end
$$;

create function sample.name(seed integer, k bigint) returns text
    language sql immutable parallel safe
as $$
    select ('{Ann,Ben,Carla,David,Elif,Frank,Grace,Hassan,Ines,James,Keiko,Liam,Maria,Noah,Olga,
        Pedro,Quinn,Rosa,Samuel,Tanya,Umar,Vera,Wei,Ximena,Yusuf,Zoe,Aaron,Bella,Carlos,Dana}'
        ::text[])[1 + sample.n(seed, 3, k, 30)] || ' ' ||
        ('{Adams,Baker,Chen,Diaz,Evans,Fischer,Garcia,Hughes,Ito,Jones,Khan,Lopez,Miller,Nguyen,
        Okafor,Patel,Quist,Rossi,Smith,Turner,Ueda,Vargas,Walker,Xu,Young,Zimmermann,Brown,Clark,
        Davis,Edwards,Foster,Green,Hill,Irwin,Johnson,King}'::text[])[1 + sample.n(seed, 4, k, 36)]
$$;

create function sample.email(seed integer, k bigint) returns text
    language sql immutable parallel safe
as $$
    select lower(replace(sample.name(seed, k), ' ', '.')) || k::text || '@example.'
        || ('{com,net,org,com,edu}'::text[])[1 + k % 5]
$$;

create function sample.address(seed integer, k bigint) returns jsonb
    language sql immutable parallel safe
as $$
    select jsonb_build_object('name', sample.name(seed, k),
        'street', (1 + sample.n(seed, 5, k, 990))::text || ' Main Street',
        'city', ('{Millersville,Springfield,Riverton,Fairview,Salem}'::text[])[1 + k % 5],
        'zip', lpad(sample.n(seed, 6, k, 99999)::text, 5, '0'))
$$;

create function sample.sentence(h bigint) returns text
    language sql immutable parallel safe
as $$
    select ('{"Hi, is the appointment on Tuesday still fine?",
        "Please call me back about the quote.","Thanks, that solved it.","What are your opening hours?","I would like to cancel my order.",
        "The invoice shows the wrong address.","Can you send the directions again?",
        "My number changed, please update it.","STOP","Yes, 3 pm works for us.",
        "The line was noisy, could we talk again?","Who do I speak to about a refund?"}'
        ::text[])[1 + h % 12]
$$;

create function sample.ip(h bigint) returns inet
    language sql immutable parallel safe
    as $$ select case when h % 9 = 0 then '2001:db8::'::inet + h % 16777216
        else '198.18.0.0'::inet + h % 131072 end $$;

-- How many rows of each kind. Families (events of a call, lines of an invoice) come on top of their
-- parents and are counted in by their averages; calls and their events take what is left.
create function sample.sizes(total bigint,
    out accounts bigint, out users bigint, out calls bigint, out recordings bigint,
    out transcripts bigint, out texts bigint, out contacts bigint, out sessions bigint,
    out invoices bigint, out tickets bigint)
    language sql immutable
as $$
    select greatest(12, total * 12 / 10000), greatest(30, total * 4 / 1000),
        total * 132 / 1000, total * 70 / 1000, total * 30 / 1000, total * 90 / 1000,
        total * 25 / 1000, total * 45 / 1000, total * 6 / 1000, total * 2 / 1000
$$;

create function sample.make_partitions(now timestamptz) returns void
    language plpgsql
as $$
declare
    month timestamptz := date_trunc('month', now - interval '9 years 1 month');
begin
    while month < now + interval '2 months' loop
        execute format('create table ctm.%I partition of ctm.call for values from (%L) to (%L)',
            'call_' || to_char(month, 'YYYY_MM'), month, month + interval '1 month');
        month := month + interval '1 month';
    end loop;
    create table ctm.call_default partition of ctm.call default;
end
$$;
