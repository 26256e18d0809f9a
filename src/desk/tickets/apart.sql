WITH own (seq, place, provider_id) AS ( -- what was split off; below, what tells of it later
    SELECT article.seq,
           coalesce('C-' || article.conversation, 'T-' || article.ticket),
           article.provider_id
      FROM ticket_split JOIN article ON article.seq = ticket_split.article
     WHERE ticket_split.ticket = :ticket
)
SELECT seq FROM own
UNION
SELECT later.seq
  FROM own
  JOIN event_object AS later ON later.object = own.place AND later.seq > own.seq
  JOIN trail ON trail.seq = later.seq AND trail.event GLOB 'article.*'
  JOIN event ON event.seq = later.seq
 WHERE event.entry ->> '$.data.article' = own.seq
UNION
SELECT report.seq FROM own JOIN report ON report.provider_id = own.provider_id
UNION
SELECT revision.seq FROM own JOIN revision ON revision.target = own.provider_id
UNION
SELECT reaction.seq FROM own JOIN reaction ON reaction.target = own.provider_id
UNION
SELECT media.file FROM own JOIN media ON media.article = own.seq WHERE media.file IS NOT NULL
 ORDER BY 1
 LIMIT :limit
