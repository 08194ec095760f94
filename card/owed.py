"""What months still owe and what of them is kept back, set by set: the seam between the law's months and the runs.

Of a month is owed what it comes to, less what was claimed of it and is not demanded back. A payment that was cancelled
before it left has claimed nothing, unless a person has said that it is not due.
"""

OF_STAGE = "(p.region = ANY(:regions) OR (:others AND (p.region IS NULL OR NOT p.region = ANY(:named))))"

EVERYWHERE = "*"
"""Where no region is known."""

SELECTING = 1_702_029
"""The lock between a run that selects what is owed and whoever changes what a month comes to."""

GONE = "l.kind = 'benefit' AND l.state = 'cancelled'"
"""Of a due's line: it has not left, and never will."""

OWED = f"""
    page AS (
        SELECT e.id, e.right_id, e.person_id, e.service, e.case_ref, p.died_on,
               coalesce(p.region, '{EVERYWHERE}') AS region
          FROM entitlements e
          JOIN persons p ON p.id = e.person_id
          JOIN rights r ON r.id = e.right_id
         WHERE e.id > :after AND e.id <= :upto AND r.state = 'entitled' AND {OF_STAGE}
    ), expected AS (
        SELECT page.id, s.month::date AS month, a.gross - a.withheld AS net, a.withheld
          FROM page
          JOIN entitlement_amounts a ON a.entitlement_id = page.id AND a.first_month <= :month
         CROSS JOIN LATERAL generate_series(
             a.first_month::timestamp, least(a.last_month, :month)::timestamp, interval '1 month'
         ) AS s (month)
         WHERE page.died_on IS NULL OR s.month <= date_trunc('month', page.died_on::timestamp)
    ), claimed AS (
        SELECT d.entitlement_id AS id, d.month, count(*) AS n,
               coalesce(sum(d.gross - d.withheld) FILTER (WHERE l.id IS NULL), 0) AS net,
               coalesce(sum(d.withheld) FILTER (WHERE l.id IS NULL), 0) AS withheld
          FROM dues d LEFT JOIN run_lines l ON l.due_id = d.id AND {GONE} AND l.decided_by IS NULL
         WHERE d.entitlement_id IN (SELECT id FROM page) GROUP BY 1, 2
    ), demanded AS (
        SELECT entitlement_id AS id, month, sum(net) AS net, sum(withheld) AS withheld
          FROM overpaid_months WHERE entitlement_id IN (SELECT id FROM page) GROUP BY 1, 2
    ), owed AS (
        SELECT page.*, x.month, coalesce(c.n, 0) AS before,
               greatest(x.net - coalesce(c.net, 0) + coalesce(b.net, 0), 0) AS net,
               greatest(x.withheld - coalesce(c.withheld, 0) + coalesce(b.withheld, 0), 0) AS withheld
          FROM expected x
          JOIN page USING (id)
          LEFT JOIN claimed c ON c.id = x.id AND c.month = x.month
          LEFT JOIN demanded b ON b.id = x.id AND b.month = x.month
         WHERE x.net > coalesce(c.net, 0) - coalesce(b.net, 0)
            OR x.withheld > coalesce(c.withheld, 0) - coalesce(b.withheld, 0)
    )
"""  # noqa: S608  (our own)

OPEN = f"""
    SELECT o.id, o.entitlement_id, o.state, o.from_day, m.net - coalesce(r.net, 0) AS net,
           m.withheld - coalesce(r.withheld, 0) AS withheld
      FROM overpayments o
     CROSS JOIN LATERAL (
         SELECT sum(net) AS net, sum(withheld) AS withheld FROM overpaid_months WHERE overpayment_id = o.id
     ) m
      LEFT JOIN LATERAL (
          SELECT sum(r.net) AS net, sum(r.withheld) AS withheld
            FROM recoveries r LEFT JOIN run_lines l ON l.due_id = r.due_id AND {GONE}
           WHERE r.overpayment_id = o.id AND l.id IS NULL
      ) r ON true
"""  # noqa: S608  (our own)
"""Overpayments with what has not come back of them."""

KEPT_BACK = f"""
    still AS (
        {OPEN} WHERE o.entitlement_id IN (SELECT id FROM page) AND o.state = 'told' AND o.from_day <= :day
    ), kept_back AS (
        SELECT now.id, now.month, still.id AS overpayment_id,
               least(still.net, greatest(now.most - coalesce(sum(still.net) OVER earlier, 0), 0)) AS net,
               least(still.withheld, greatest(now.withheld - coalesce(sum(still.withheld) OVER earlier, 0), 0))
                   AS withheld
          FROM (
              SELECT id, month, withheld,
                     greatest(least(floor(net * CAST(:share AS numeric)), net - CAST(:minimum AS numeric)), 0) AS most
                FROM owed WHERE month = :month
          ) now JOIN still ON still.entitlement_id = now.id
        WINDOW earlier AS (
            PARTITION BY now.id ORDER BY still.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
    ), paid_out AS (
        SELECT owed.*, owed.net - coalesce(k.net, 0) AS amount
          FROM owed LEFT JOIN (SELECT id, month, sum(net) AS net FROM kept_back GROUP BY 1, 2) k USING (id, month)
    )
"""  # noqa: S608  (our own)
"""What of the month itself is kept back, the oldest overpayment first (`benefits.paying.Recovering.kept_back`), and
what goes to the person. Arrears go out whole."""
