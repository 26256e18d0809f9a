-- Trailbox on a page. Above the line stand the facts: they are only ever added to, and everything
-- else follows from them. Below it stand the derived tables: `trailbox rebuild` makes them again.
-- Instants are milliseconds since 1970 UTC unless a comment says otherwise; objects are named as on
-- screen (C-88, T-1042, K-17, M-3, H-1, G-2). What may stand in a column is said with OR: SQLite
-- makes a table of its own of three or more words behind IN, for each row that is written.

CREATE TABLE event (                    -- one fact each, in the order they were recorded
    seq         INTEGER PRIMARY KEY,    -- 0, 1, 2 …: place in the trail and in the tree
    leaf        BLOB NOT NULL,          -- SHA-256(0x00 || entry), 32 bytes
    entry       TEXT NOT NULL           -- the exact bytes that are hashed, exported and proved
) STRICT;

CREATE TABLE disclosure (               -- what a fact only commits to and may have to forget
    seq         INTEGER NOT NULL REFERENCES event,
    field       TEXT NOT NULL,          -- name under `sealed` in the entry
    text        TEXT NOT NULL,          -- ["salt","field",value]
    PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (                     -- raw payloads and media, committed to by a disclosure
    seq         INTEGER NOT NULL REFERENCES event,
    field       TEXT NOT NULL,          -- the disclosure that holds digest, size, type and key
    bytes       BLOB NOT NULL,
    PRIMARY KEY (seq, field)
) STRICT;

CREATE TABLE checkpoint (               -- published: signed statements about the first `size` events
    size        INTEGER PRIMARY KEY,
    note        TEXT NOT NULL           -- C2SP signed note
) STRICT;

CREATE TABLE head (                     -- the newest signed statement, rewritten with every commit
    id          INTEGER PRIMARY KEY CHECK (id = 0),
    note        TEXT NOT NULL
) STRICT;

CREATE TRIGGER event_is_appended BEFORE INSERT ON event
WHEN new.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM event)
BEGIN SELECT raise(ABORT, 'events are only appended'); END;
CREATE TRIGGER event_is_not_updated BEFORE UPDATE ON event
BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
BEGIN SELECT raise(ABORT, 'events are never deleted'); END;
CREATE TRIGGER disclosure_is_not_updated BEFORE UPDATE ON disclosure
BEGIN SELECT raise(ABORT, 'disclosures are never changed'); END;
CREATE TRIGGER disclosure_is_not_deleted BEFORE DELETE ON disclosure
WHEN NOT EXISTS (SELECT 1 FROM erased WHERE seq = old.seq AND field = old.field)
BEGIN SELECT raise(ABORT, 'disclosures go only by erasure'); END;
CREATE TRIGGER file_is_not_updated BEFORE UPDATE ON file
BEGIN SELECT raise(ABORT, 'files are never changed'); END;
CREATE TRIGGER file_is_not_deleted BEFORE DELETE ON file
WHEN NOT EXISTS (SELECT 1 FROM erased WHERE seq = old.seq AND field = old.field)
BEGIN SELECT raise(ABORT, 'files go only by erasure'); END;
CREATE TRIGGER checkpoint_is_not_updated BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER checkpoint_is_not_deleted BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'checkpoints are never deleted'); END;

-- ---------------------------------------------------------------------------------------------
-- Derived: the trail itself, for filters, proofs and chains.

CREATE TABLE trail (                    -- the columns of an event that people filter by
    seq         INTEGER PRIMARY KEY,    -- written beside the event: nothing to look up
    at          INTEGER NOT NULL,
    event       TEXT NOT NULL,          -- ticket.status_changed
    actor_kind  TEXT NOT NULL,          -- member, bot, rule, contact, token, system, provider
    actor       TEXT NOT NULL,          -- M-3, K-17, …
    door        TEXT NOT NULL,          -- web, api, webhook, timer, cli, import
    cause       INTEGER                 -- the event this one follows from
) STRICT;
CREATE INDEX trail_by_event ON trail (event, seq);
CREATE INDEX trail_by_actor ON trail (actor, seq);
CREATE INDEX trail_by_actor_kind ON trail (actor_kind, seq);
CREATE INDEX trail_by_at ON trail (at, seq);
CREATE INDEX trail_by_cause ON trail (cause, seq) WHERE cause IS NOT NULL;

CREATE TABLE event_object (             -- which objects an event is about
    object      TEXT NOT NULL,
    seq         INTEGER NOT NULL,       -- as in trail
    PRIMARY KEY (object, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_object_by_seq ON event_object (seq);

CREATE TABLE object_head (              -- the end of each object's own chain
    object      TEXT PRIMARY KEY,
    events      INTEGER NOT NULL,       -- length of the chain
    leaf        BLOB NOT NULL,          -- leaf of its newest event
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE tile (                     -- roots of full subtrees of 256^level leaves
    level       INTEGER NOT NULL,
    place       INTEGER NOT NULL,       -- n-th subtree of that size
    root        BLOB NOT NULL,
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE erased (                   -- disclosures that had to be forgotten
    seq         INTEGER NOT NULL REFERENCES event,
    field       TEXT NOT NULL,
    by_seq      INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;

-- Derived: checkpoints kept elsewhere.

CREATE TABLE cosignature (              -- published checkpoints that a witness signed as well
    size        INTEGER NOT NULL,
    witness     TEXT NOT NULL,          -- the name it signs with
    signed_at   INTEGER NOT NULL,       -- by its own clock
    line        TEXT NOT NULL,          -- stands under the note
    at          INTEGER NOT NULL,       -- when the desk heard of it
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;
CREATE INDEX cosignature_by_witness ON cosignature (witness, size);

CREATE TABLE contradiction (            -- witnesses that signed another trail of this desk
    witness     TEXT PRIMARY KEY,
    how         TEXT NOT NULL CHECK (how IN ('rolled_back', 'forked')),
    known       INTEGER NOT NULL,       -- events of the trail it signed
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint_mail (          -- the newest checkpoint mailed to each member
    member      INTEGER PRIMARY KEY,
    size        INTEGER NOT NULL,       -- 0 before the first
    at          INTEGER,                -- NULL before the first
    tried_at    INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE erasure_request (          -- what a first person wants erased
    seq         INTEGER PRIMARY KEY REFERENCES event,
    state       TEXT NOT NULL CHECK (state = 'open' OR state = 'approved' OR state = 'declined'),
    seq_changed INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE hold (                     -- what nobody and no rule may erase
    object      TEXT PRIMARY KEY,       -- K-17, C-88 or T-1042
    at          INTEGER NOT NULL,
    reason      TEXT,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE retention (                -- how long a kind of content is kept
    kind        TEXT PRIMARY KEY,       -- domain::privacy::Kind
    version     INTEGER NOT NULL,
    days        INTEGER,                -- NULL: for ever
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

-- Derived: the desk and its people.

CREATE TABLE setting (
    key         TEXT PRIMARY KEY,
    value       TEXT NOT NULL,          -- JSON
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    email       TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role        TEXT NOT NULL
                CHECK (role = 'owner' OR role = 'admin' OR role = 'lead' OR role = 'reviewer'
                       OR role = 'agent' OR role = 'auditor'),
    password    TEXT,                   -- argon2id, PHC string
    active      INTEGER NOT NULL DEFAULT 1,
    presence    TEXT NOT NULL DEFAULT 'online' CHECK (presence IN ('online', 'away')),
    away_at     INTEGER,                -- since when away
    away_seq    INTEGER,                -- the event that says so
    preferences TEXT NOT NULL DEFAULT '{}', -- JSON: language, zone, theme, density, keys
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE session (
    id          TEXT PRIMARY KEY,       -- hex SHA-256 of the cookie's token
    member      INTEGER NOT NULL REFERENCES member,
    started_at  INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL,       -- absolute end
    ended_at    INTEGER,                -- signed out or revoked
    address     TEXT,
    agent       TEXT,                   -- the browser's own description
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_member ON session (member, started_at);

CREATE TABLE login_failure (
    seq         INTEGER PRIMARY KEY REFERENCES event,
    at          INTEGER NOT NULL,
    email       TEXT,
    address     TEXT
) STRICT;
CREATE INDEX login_failure_by_email ON login_failure (email, at);
CREATE INDEX login_failure_by_address ON login_failure (address, at);

CREATE TABLE "group" (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE group_member (
    "group"     INTEGER NOT NULL REFERENCES "group",
    member      INTEGER NOT NULL REFERENCES member,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY ("group", member)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_by_member ON group_member (member);

CREATE TABLE label (                    -- the words things are sorted by: tags and ticket types
    list        TEXT NOT NULL CHECK (list IN ('tag', 'type')),
    name        TEXT NOT NULL,          -- stands on things, never changes
    label       TEXT NOT NULL,          -- how it is called
    colour      TEXT NOT NULL
                CHECK (colour = 'grey' OR colour = 'blue' OR colour = 'green'
                       OR colour = 'amber' OR colour = 'red' OR colour = 'purple'),
    retired     INTEGER NOT NULL DEFAULT 0, -- not offered any more
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (list, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE "view" (                   -- lists as somebody asked for them, with a name
    id          INTEGER PRIMARY KEY,
    list        TEXT NOT NULL,          -- audit, inbox, tickets
    owner       INTEGER,                -- whose own it is; NULL if everybody's
    name        TEXT,                   -- NULL once erased
    query       TEXT,                   -- of its address
    removed     INTEGER NOT NULL DEFAULT 0,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX view_by_list ON "view" (list, owner) WHERE removed = 0;

CREATE TABLE pack (                     -- what settles a dispute about a case
    id          INTEGER PRIMARY KEY,
    object      TEXT NOT NULL,          -- C-88 or T-1042
    title       TEXT,                   -- NULL once erased
    sides       TEXT,                   -- JSON: who says what
    finding     TEXT,
    outcome     TEXT
                CHECK (outcome = 'established' OR outcome = 'partly' OR outcome = 'refuted'
                       OR outcome = 'open'),
    decision    TEXT,
    decided_at  INTEGER,                -- NULL while it is open
    opened_by   INTEGER,                -- the member
    opened_at   INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX pack_by_object ON pack (object, id);

CREATE TABLE pack_pin (                 -- events it stands on, by number and hash
    pack        INTEGER NOT NULL REFERENCES pack,
    event       INTEGER NOT NULL,
    leaf        TEXT NOT NULL,          -- base64
    remark      TEXT,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (pack, event)
) STRICT, WITHOUT ROWID;

CREATE TABLE pack_share (               -- members it concerns
    pack        INTEGER NOT NULL REFERENCES pack,
    member      INTEGER NOT NULL REFERENCES member,
    shared_by   INTEGER,                -- who shared it
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (pack, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX pack_share_by_member ON pack_share (member, pack);

CREATE TABLE pack_answer (              -- what those concerned answered
    seq         INTEGER PRIMARY KEY REFERENCES event,
    pack        INTEGER NOT NULL REFERENCES pack,
    name        TEXT NOT NULL,          -- of the member, at the time
    at          INTEGER NOT NULL,
    text        TEXT                    -- NULL once erased
) STRICT;
CREATE INDEX pack_answer_by_pack ON pack_answer (pack, seq);

CREATE TABLE rule (                     -- automation rules, as their newest version says
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    definition  TEXT,                   -- JSON: when, conditions, then; NULL once erased
    running     INTEGER NOT NULL DEFAULT 0,
    on_seq      INTEGER,                -- answers what happened after this event, if it runs
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE rule_run (                 -- what rules answered, so that none answers twice
    seq         INTEGER PRIMARY KEY REFERENCES event,
    rule        INTEGER NOT NULL REFERENCES rule,
    version     INTEGER NOT NULL,
    object      TEXT NOT NULL,
    trigger     INTEGER,                -- the event it answered
    since       INTEGER,                -- or since when what it waited for had lasted
    outcome     TEXT NOT NULL CHECK (outcome IN ('ran', 'cut')),
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX rule_run_by_rule ON rule_run (rule, seq);
CREATE UNIQUE INDEX rule_run_by_trigger ON rule_run (rule, trigger) WHERE trigger IS NOT NULL;
CREATE UNIQUE INDEX rule_run_by_since ON rule_run (rule, object, since) WHERE since IS NOT NULL;

CREATE TABLE webhook (                  -- who outside is told of what, as the newest version says
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    host        TEXT NOT NULL,
    kinds       TEXT NOT NULL,          -- JSON: names of events
    secret      TEXT,                   -- JSON: address and key; NULL once erased
    running     INTEGER NOT NULL DEFAULT 0,
    on_seq      INTEGER,                -- tells of what happened after this event
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE webhook_delivery (         -- an event a hook was told of, or is still to be told of
    hook        INTEGER NOT NULL REFERENCES webhook,
    about       INTEGER NOT NULL REFERENCES event,
    state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'taken' OR state = 'given_up'),
    attempts    INTEGER NOT NULL,       -- since somebody asked last
    status      INTEGER,                -- the other side's last answer
    took_ms     INTEGER NOT NULL,       -- milliseconds
    trouble     TEXT,                   -- why it was not taken
    next_at     INTEGER,                -- when it is tried again
    at          INTEGER NOT NULL,       -- of the last try
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (hook, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at) WHERE state = 'waiting';

CREATE TABLE macro (                    -- canned replies and macros, as their newest version says
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    owner       INTEGER,                -- whose own it is; NULL if everybody may use it
    actions     TEXT,                   -- JSON; NULL once erased
    retired     INTEGER NOT NULL DEFAULT 0,
    uses        INTEGER NOT NULL DEFAULT 0,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE bulk (                     -- the same done to many at once
    id          INTEGER PRIMARY KEY,
    state       TEXT NOT NULL
                CHECK (state = 'running' OR state = 'done' OR state = 'undoing'
                       OR state = 'undone'),
    objects     TEXT NOT NULL,          -- JSON: what was chosen, in order
    actions     TEXT,                   -- JSON; NULL once erased
    reason      TEXT,
    started     INTEGER NOT NULL,       -- the event that began it: cause of every change
    undo        INTEGER,                -- the event that asked to undo it
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX bulk_by_state ON bulk (state, id) WHERE state IN ('running', 'undoing');

CREATE TABLE bulk_left (                -- what was not changed, or not put back
    bulk        INTEGER NOT NULL REFERENCES bulk,
    back        INTEGER NOT NULL,       -- 1: while it was undone
    object      TEXT NOT NULL,
    why         TEXT,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (bulk, back, object)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignment_rule (          -- how a group gives its work out; by hand without a row
    "group"     INTEGER PRIMARY KEY REFERENCES "group",
    method      TEXT NOT NULL
                CHECK (method = 'manual' OR method = 'round_robin' OR method = 'least_loaded'),
    cap         INTEGER NOT NULL,       -- most open work of one member; 0 = no cap
    away_min    INTEGER NOT NULL,       -- minutes away after which work returns; 0 = never
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE member_shift (             -- members with working hours of their own
    member      INTEGER PRIMARY KEY REFERENCES member,
    calendar    INTEGER NOT NULL,
    on_shift    INTEGER NOT NULL,       -- as it was noticed last
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE assignment_turn (          -- when a group's rule chose somebody last
    "group"     INTEGER NOT NULL REFERENCES "group",
    member      INTEGER NOT NULL REFERENCES member,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY ("group", member)
) STRICT, WITHOUT ROWID;

CREATE TABLE notification_copy (        -- e-mail copies of what members were told
    notification INTEGER PRIMARY KEY REFERENCES event,
    member      INTEGER NOT NULL REFERENCES member,
    state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'sent' OR state = 'given_up'),
    attempts    INTEGER NOT NULL,
    next_at     INTEGER,                -- when it is tried next
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX notification_copy_due ON notification_copy (next_at) WHERE state = 'waiting';

CREATE TABLE notification (             -- who was told what; the event that told it
    seq         INTEGER PRIMARY KEY REFERENCES event,
    member      INTEGER NOT NULL REFERENCES member,
    kind        TEXT NOT NULL,          -- mention, assignment, reply, …
    about       INTEGER NOT NULL,       -- the event they were told of
    object      TEXT NOT NULL,          -- C-88, T-1042, …
    browser     INTEGER NOT NULL,       -- whether the browser was to say it
    email       INTEGER NOT NULL,       -- whether a copy was to go by e-mail
    at          INTEGER NOT NULL,
    read_at     INTEGER                 -- when they saw it
) STRICT;
CREATE INDEX notification_by_member ON notification (member, seq);
CREATE INDEX notification_unread ON notification (member, object) WHERE read_at IS NULL;

CREATE TABLE notification_due (         -- who is still to be told
    about       INTEGER NOT NULL REFERENCES event,
    member      INTEGER NOT NULL REFERENCES member,
    kind        TEXT NOT NULL,
    object      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (about, member, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX notification_due_by_member ON notification_due (member, kind, object);

CREATE TABLE notification_preference (  -- chosen ways; the usual ones without a row
    member      INTEGER NOT NULL REFERENCES member,
    kind        TEXT NOT NULL,
    list        INTEGER NOT NULL,
    browser     INTEGER NOT NULL,
    email       INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (member, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen (                     -- last recorded read of an object by a member
    member      INTEGER NOT NULL,
    object      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (member, object)
) STRICT, WITHOUT ROWID;

CREATE TABLE looked (                   -- last recorded search, file or unseen look of a member
    member      INTEGER NOT NULL,
    what        TEXT NOT NULL,          -- desk:words, audit:words, file:18231, observed:C-88
    at          INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (member, what)
) STRICT, WITHOUT ROWID;

-- Derived: channels and what they brought.

CREATE TABLE channel (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind = 'whatsapp' OR kind = 'email' OR kind = 'phone'),
    name        TEXT NOT NULL UNIQUE,   -- in the webhook's URL
    title       TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state = 'active' OR state = 'disabled' OR state = 'stopped'),
    trouble     TEXT,                   -- why it stopped, in plain words
    config      TEXT NOT NULL,          -- JSON: ids and base URL, nothing secret
    secret      TEXT,                   -- JSON: tokens; never shown again
    "group"     INTEGER,                -- new conversations go to this group's queue
    bot         INTEGER NOT NULL DEFAULT 0, -- new conversations start with the assistant
    heard_at    INTEGER,                -- newest good webhook
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE signature_refusal (        -- newest one per channel and address
    channel     INTEGER NOT NULL,
    address     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE template (
    channel     INTEGER NOT NULL REFERENCES channel,
    name        TEXT NOT NULL,
    language    TEXT NOT NULL,
    status      TEXT NOT NULL,          -- APPROVED, PAUSED, …: the provider's word
    category    TEXT NOT NULL,
    body        TEXT NOT NULL,          -- JSON of the whole template
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (channel, name, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_refusal (         -- receivers of a letter who were refused while others took it
    article     INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,  -- the event that names who
    attempt     INTEGER NOT NULL,       -- the newest in which some took it; older ones are gone
    code        INTEGER NOT NULL,       -- the server's number: from 400 to 499 they are tried again
    PRIMARY KEY (article, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox (                  -- how far an e-mail channel was read
    channel     INTEGER PRIMARY KEY,
    validity    INTEGER NOT NULL,       -- the server's name for this life of the folder
    first       INTEGER NOT NULL,       -- the letter after which the desk began
    last        INTEGER NOT NULL,       -- the newest letter that was read
    begun_at    INTEGER,                -- since when its letters are the desk's; NULL before that
    read_at     INTEGER,                -- when it was read last
    trouble     TEXT,                   -- why it cannot be reached now
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE mailbox_letter (           -- letters fetched in this life of the folder
    channel     INTEGER NOT NULL,
    uid         INTEGER NOT NULL,       -- the server's number of it
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (channel, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE signature (                -- what stands under letters
    object      TEXT PRIMARY KEY,       -- M-3 or G-2
    text        TEXT,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE payload (                  -- what a provider sent, as it came
    seq         INTEGER PRIMARY KEY REFERENCES event,
    channel     INTEGER NOT NULL,
    digest      TEXT,                   -- hex SHA-256 of the bytes; NULL once erased
    state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'read' OR state = 'unreadable'),
    trouble     TEXT                    -- why it could not be read
) STRICT;
CREATE INDEX payload_by_digest ON payload (channel, digest);
CREATE INDEX payload_by_state ON payload (state, seq) WHERE state <> 'read';

-- Derived: customers, conversations, articles, tickets.

CREATE TABLE contact (
    id          INTEGER PRIMARY KEY,
    name        TEXT,                   -- NULL once erased or never told
    blocked_at  INTEGER,                -- since then what they write makes no work
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX contact_by_name ON contact (name COLLATE NOCASE, id);
CREATE INDEX contact_by_block ON contact (blocked_at, id) WHERE blocked_at IS NOT NULL;

CREATE TABLE contact_merge (            -- the same person as another; undoing takes the row away
    contact     INTEGER PRIMARY KEY REFERENCES contact,
    into_contact INTEGER NOT NULL REFERENCES contact,
    root        INTEGER NOT NULL REFERENCES contact, -- where the chain of merges ends
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX contact_merge_by_into ON contact_merge (into_contact);
CREATE INDEX contact_merge_by_root ON contact_merge (root);

CREATE TABLE contact_field (            -- what members wrote down of a customer
    contact     INTEGER NOT NULL REFERENCES contact,
    field       TEXT NOT NULL,          -- language, company, address, or an attribute of the desk's
    value       TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (contact, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (                 -- how a provider knows a contact
    kind        TEXT NOT NULL,          -- wa_id, user_id, parent_user_id, username, email, phone,
                                        -- caller; zendesk_id, zammad_id
    value       TEXT NOT NULL,
    contact     INTEGER NOT NULL REFERENCES contact,
    verified    INTEGER NOT NULL,       -- 1 = it came with traffic, 0 = somebody wrote it down
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_by_contact ON identity (contact, kind, seq);

CREATE TABLE conversation (
    id          INTEGER PRIMARY KEY,
    contact     INTEGER NOT NULL REFERENCES contact,
    channel     INTEGER NOT NULL REFERENCES channel,
    previous    INTEGER,                -- the conversation before, of the same contact and channel
    status      TEXT NOT NULL
                CHECK (status = 'new' OR status = 'open' OR status = 'waiting'
                       OR status = 'closed'),
    owner_kind  TEXT NOT NULL
                CHECK (owner_kind = 'nobody' OR owner_kind = 'member' OR owner_kind = 'bot'),
    owner       INTEGER,                -- member, if one owns it
    "group"     INTEGER,
    level       INTEGER NOT NULL DEFAULT 0, -- escalation, 0 = not escalated
    snoozed_until INTEGER,              -- put aside until then; none once closed
    started_at  INTEGER NOT NULL,
    closed_at   INTEGER,
    last_at     INTEGER NOT NULL,       -- newest article
    last_article INTEGER,
    waiting_since INTEGER,              -- oldest customer message without an answer
    window_until INTEGER,               -- when free text to the customer ends
    read_until  INTEGER,                -- newest article the customer was shown as read
    summary     TEXT,                   -- JSON: issue, actions, outcome, next_step
    due_at      INTEGER,                -- the next target of its clocks
    near_at     INTEGER,                -- since when one of them is to be warned of
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE TABLE conversation_spam (        -- conversations marked as spam, and what the mark ended
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    status      TEXT NOT NULL,          -- before
    closed_at   INTEGER,                -- before
    snoozed_until INTEGER,              -- before
    waiting_since INTEGER,              -- before
    blocks      INTEGER NOT NULL,       -- the customer was blocked with it
    last_article INTEGER,               -- the newest one then
    at          INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX conversation_by_contact ON conversation (contact, channel, id);
CREATE INDEX conversation_by_snooze ON conversation (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversation_by_wait ON conversation (waiting_since, id)
    WHERE status <> 'closed' AND waiting_since IS NOT NULL;
CREATE INDEX conversation_silent ON conversation (last_at, id)
    WHERE status <> 'closed' AND waiting_since IS NULL AND snoozed_until IS NULL;
CREATE INDEX conversation_held ON conversation (owner_kind, owner, "group")
    WHERE status <> 'closed' AND snoozed_until IS NULL;
CREATE INDEX conversation_by_group ON conversation ("group", last_at, id)
    WHERE "group" IS NOT NULL;
CREATE INDEX conversation_by_channel ON conversation (channel, last_at, id);
-- Queues in their orders: by newest article, by waiting, by the next target.
CREATE INDEX conversation_by_last ON conversation (last_at, id);
CREATE INDEX conversation_by_turn
    ON conversation (coalesce(waiting_since, 9000000000000000 - last_at), id);
CREATE INDEX conversation_by_due ON conversation (coalesce(due_at, 9000000000000000), id);
CREATE INDEX conversation_by_status ON conversation (status, last_at, id);
CREATE INDEX conversation_of_status_by_turn
    ON conversation (status, coalesce(waiting_since, 9000000000000000 - last_at), id);
CREATE INDEX conversation_of_status_by_due
    ON conversation (status, coalesce(due_at, 9000000000000000), id);
CREATE INDEX conversation_by_owner ON conversation (owner_kind, owner, last_at, id)
    WHERE status <> 'closed';
CREATE INDEX conversation_of_owner_by_turn ON conversation
    (owner_kind, owner, coalesce(waiting_since, 9000000000000000 - last_at), id, snoozed_until,
     "group")
    WHERE status <> 'closed';
CREATE INDEX conversation_of_owner_by_due ON conversation
    (owner_kind, owner, coalesce(due_at, 9000000000000000), id) WHERE status <> 'closed';
CREATE INDEX conversation_escalated ON conversation (last_at, id)
    WHERE level > 0 AND status <> 'closed';
CREATE INDEX conversation_escalated_by_turn
    ON conversation (coalesce(waiting_since, 9000000000000000 - last_at), id)
    WHERE level > 0 AND status <> 'closed';
CREATE INDEX conversation_escalated_by_due
    ON conversation (coalesce(due_at, 9000000000000000), id)
    WHERE level > 0 AND status <> 'closed';
CREATE INDEX conversation_snoozed ON conversation (last_at, id) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversation_snoozed_by_turn
    ON conversation (coalesce(waiting_since, 9000000000000000 - last_at), id)
    WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversation_snoozed_by_due
    ON conversation (coalesce(due_at, 9000000000000000), id) WHERE snoozed_until IS NOT NULL;

CREATE TABLE conversation_tag (
    conversation INTEGER NOT NULL REFERENCES conversation,
    tag         TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (conversation, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_tag_by_tag ON conversation_tag (tag, conversation);

CREATE TABLE article (                  -- never edited, never deleted
    seq         INTEGER PRIMARY KEY REFERENCES event,
    conversation INTEGER,
    ticket      INTEGER,                -- notes written on a ticket
    contact     INTEGER,                -- notes written about a customer
    direction   TEXT NOT NULL CHECK (direction = 'in' OR direction = 'out' OR direction = 'note'),
    author_kind TEXT NOT NULL
                CHECK (author_kind = 'contact' OR author_kind = 'member' OR author_kind = 'bot'
                       OR author_kind = 'system'),
    author      INTEGER,                -- contact or member
    kind        TEXT NOT NULL,          -- text, image, template, note, …
    provider_id TEXT,                   -- once the provider has given one
    sent_at     INTEGER NOT NULL,       -- the provider's time, or ours
    at          INTEGER NOT NULL,       -- when it was recorded
    author_name TEXT,                   -- of an author of another system
    reply_to    TEXT,                   -- provider id of the article it answers
    content     TEXT,                   -- JSON; NULL once erased
    preview     TEXT,
    payload     INTEGER,                -- the raw payload it came in
    corrects    INTEGER,                -- the article of ours it sets right
    mentions    TEXT                    -- JSON: [["M-3","Maya Lind"],…], names as they were
) STRICT;
CREATE INDEX article_by_correction ON article (corrects) WHERE corrects IS NOT NULL;
CREATE INDEX article_by_conversation ON article (conversation, seq);
CREATE INDEX article_by_ticket ON article (ticket, seq) WHERE ticket IS NOT NULL;
CREATE INDEX article_by_contact ON article (contact, seq) WHERE contact IS NOT NULL;
CREATE INDEX article_by_provider_id ON article (provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE bot_talk (                 -- what the bot knows of a conversation
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    article     INTEGER NOT NULL,       -- the newest message it looked at
    turns       INTEGER NOT NULL,
    stuck       INTEGER NOT NULL,       -- turns in a row that brought nothing
    language    TEXT NOT NULL,
    matter      INTEGER NOT NULL,       -- whether it was told what the matter is
    order_number TEXT,                  -- NULL before it is told and once erased
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE revision (                 -- the customer edited or took back a message
    seq         INTEGER PRIMARY KEY REFERENCES event,
    target      TEXT NOT NULL,          -- provider id of the message
    kind        TEXT NOT NULL CHECK (kind IN ('edited', 'revoked')),
    at          INTEGER NOT NULL,
    content     TEXT                    -- JSON of the new version
) STRICT;
CREATE INDEX revision_by_target ON revision (target, seq);

CREATE TABLE reaction (                 -- the present reaction of one side to one message
    target      TEXT NOT NULL,          -- provider id of the message
    author      TEXT NOT NULL,          -- K-17 or M-3
    emoji       TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (target, author)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (                    -- files that come or go with an article
    article     INTEGER PRIMARY KEY REFERENCES article,
    state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'fetched' OR state = 'failed'),
    type        TEXT,                   -- by its bytes
    size_bytes  INTEGER,
    name        TEXT,
    file        INTEGER,                -- seq of the event that holds the bytes
    trouble     TEXT,
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX media_by_state ON media (next_at, article) WHERE state = 'waiting';

CREATE TABLE delivery (                 -- the outbox, and what came of it
    article     INTEGER PRIMARY KEY REFERENCES article,
    channel     INTEGER NOT NULL,
    contact     INTEGER NOT NULL,       -- the lane: one after the other per contact
    state       TEXT NOT NULL
                CHECK (state = 'queued' OR state = 'sending' OR state = 'unknown'
                       OR state = 'accepted' OR state = 'failed'),
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER,                -- not before
    tag         TEXT NOT NULL,          -- sent along, comes back with statuses
    code        INTEGER,                -- the provider's error
    trouble     TEXT,                   -- in plain words
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX delivery_by_lane ON delivery (channel, contact, article)
    WHERE state <> 'accepted' AND state <> 'failed';
CREATE INDEX delivery_by_tag ON delivery (tag);

CREATE TABLE report (                   -- every status a provider told, matched or not
    seq         INTEGER PRIMARY KEY REFERENCES event,
    provider_id TEXT NOT NULL,
    state       TEXT NOT NULL,          -- sent, delivered, read, played, failed, …
    at          INTEGER NOT NULL,       -- the provider's time
    code        INTEGER,
    trouble     TEXT
) STRICT;
CREATE INDEX report_by_provider_id ON report (provider_id, seq);

CREATE TABLE ticket (
    id          INTEGER PRIMARY KEY,
    contact     INTEGER REFERENCES contact,
    title       TEXT,                   -- NULL once erased
    type        TEXT NOT NULL,
    priority    TEXT NOT NULL
                CHECK (priority = 'low' OR priority = 'normal' OR priority = 'high'
                       OR priority = 'urgent'),
    status      TEXT NOT NULL,          -- see domain::ticket::Status
    category    TEXT NOT NULL
                CHECK (category = 'new' OR category = 'open' OR category = 'waiting'
                       OR category = 'done' OR category = 'final'),
    named       TEXT NOT NULL,          -- the name its status has here
    next_at     INTEGER,                -- when the status ends by itself
    next_to     TEXT,                   -- and which follows
    owner       INTEGER,
    "group"     INTEGER,
    level       INTEGER NOT NULL DEFAULT 0,
    waiting_for TEXT,                   -- whom, while waiting
    reference   TEXT,
    expected_on TEXT,                   -- date, YYYY-MM-DD
    resolution  TEXT,
    opened_at   INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    closed_at   INTEGER,
    due_at      INTEGER,                -- the next target of its clocks
    near_at     INTEGER,                -- since when one of them is to be warned of
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX ticket_by_due ON ticket ((-coalesce(due_at, 9000000000000000)), id);
CREATE INDEX ticket_by_next ON ticket (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX ticket_by_category ON ticket (category, changed_at, id);
CREATE INDEX ticket_by_owner ON ticket (owner, changed_at, id);
CREATE INDEX ticket_held ON ticket (owner, "group") WHERE category IN ('new', 'open', 'waiting');
CREATE INDEX ticket_unended ON ticket (changed_at, id) WHERE category <> 'final';
CREATE INDEX ticket_by_contact ON ticket (contact, id);
CREATE INDEX ticket_by_changed ON ticket (changed_at, id);

CREATE TABLE ticket_status (            -- statuses of the desk's own, and shipped ones it changed
    name        TEXT PRIMARY KEY,       -- stands on tickets, never changes
    version     INTEGER NOT NULL,
    label       TEXT NOT NULL,
    definition  TEXT NOT NULL,          -- JSON: domain::status::Definition
    retired     INTEGER NOT NULL DEFAULT 0, -- not offered any more
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE field (                    -- own fields of tickets
    name        TEXT PRIMARY KEY,       -- never changes
    version     INTEGER NOT NULL,
    label       TEXT NOT NULL,
    definition  TEXT NOT NULL,          -- JSON: domain::field::Definition
    retired     INTEGER NOT NULL DEFAULT 0, -- not offered any more
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket_field (             -- what stands in them; nothing without a row
    ticket      INTEGER NOT NULL REFERENCES ticket,
    field       TEXT NOT NULL,
    value       TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (ticket, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_field_by_field ON ticket_field (field, value);

CREATE TABLE ticket_tag (
    ticket      INTEGER NOT NULL REFERENCES ticket,
    tag         TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (ticket, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket_conversation (      -- the context a ticket took along
    ticket      INTEGER NOT NULL REFERENCES ticket,
    conversation INTEGER NOT NULL REFERENCES conversation,
    attached_to INTEGER NOT NULL,       -- newest article when it was attached
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (ticket, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_conversation_by_conversation ON ticket_conversation (conversation, ticket);

-- Derived: service levels. A case is a conversation or a ticket.

CREATE TABLE sla_calendar (             -- named opening hours as they stand
    id          INTEGER PRIMARY KEY,
    version     INTEGER NOT NULL,
    name        TEXT NOT NULL UNIQUE COLLATE NOCASE,
    timetable   TEXT NOT NULL,          -- JSON: tz, weekly, exceptions
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE sla_calendar_version (     -- and as they ever stood
    id          INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    timetable   TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE sla_hours (                -- whose hours a calendar holds
    "group"     INTEGER PRIMARY KEY,    -- 0 is the desk as a whole
    calendar    INTEGER NOT NULL REFERENCES sla_calendar,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE sla_policy (               -- policies as they stand
    id          INTEGER PRIMARY KEY,
    version     INTEGER NOT NULL,
    body        TEXT NOT NULL,          -- JSON: domain::sla::policy::Policy
    position    INTEGER NOT NULL,
    retired     INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;

CREATE TABLE sla_policy_version (       -- and as they ever stood
    id          INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    body        TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE sla_case (                 -- what a case is measured by, pinned
    object      TEXT PRIMARY KEY,       -- C-88 or T-1042
    policy      INTEGER,                -- NULL: none fits
    policy_version INTEGER NOT NULL,
    calendar    INTEGER,                -- NULL: every hour counts
    calendar_version INTEGER NOT NULL,
    priority    TEXT NOT NULL,
    live        INTEGER NOT NULL,       -- clocks that run or stand still
    seq         INTEGER NOT NULL REFERENCES event
) STRICT, WITHOUT ROWID;
CREATE INDEX sla_case_by_calendar ON sla_case (calendar, calendar_version) WHERE live > 0;
CREATE INDEX sla_case_by_seq ON sla_case (seq);

CREATE TABLE sla_clock (
    object      TEXT NOT NULL,
    n           INTEGER NOT NULL,       -- 0, 1, 2 … in the order they began
    metric      TEXT NOT NULL
                CHECK (metric = 'first_response' OR metric = 'next_response' OR metric = 'update'
                       OR metric = 'resolution'),
    target_s    INTEGER NOT NULL,       -- seconds
    started_at  INTEGER NOT NULL,
    state       TEXT NOT NULL
                CHECK (state = 'running' OR state = 'paused' OR state = 'met'
                       OR state = 'breached' OR state = 'cancelled'),
    used_ms     INTEGER NOT NULL,       -- counted before `since`
    since       INTEGER,                -- counting since then
    due_at      INTEGER,                -- the last instant in time
    warn_at     INTEGER,
    warned      INTEGER NOT NULL DEFAULT 0, -- the share at which to warn is used up
    stopped_at  INTEGER,
    breached_at INTEGER,
    pauses      INTEGER NOT NULL,
    paused_by   TEXT,                   -- the status
    why         TEXT,                   -- it was cancelled
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (object, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX sla_clock_by_due ON sla_clock (due_at)
    WHERE state = 'running' AND breached_at IS NULL;
CREATE INDEX sla_clock_by_warning ON sla_clock (warn_at) WHERE warn_at IS NOT NULL;

CREATE TABLE sla_turn (                 -- whose turn it is, each time that changed
    object      TEXT NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    turn        INTEGER NOT NULL,       -- domain::sla::Turn, as bits
    PRIMARY KEY (object, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE ticket_merge (             -- lives on in another; undoing takes the row away
    ticket      INTEGER PRIMARY KEY REFERENCES ticket,
    into_ticket INTEGER NOT NULL REFERENCES ticket,
    root        INTEGER NOT NULL REFERENCES ticket, -- where the chain of merges ends
    seq         INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX ticket_merge_by_into ON ticket_merge (into_ticket);
CREATE INDEX ticket_merge_by_root ON ticket_merge (root);

CREATE TABLE ticket_split (             -- articles of another thread a ticket was opened with
    ticket      INTEGER NOT NULL REFERENCES ticket,
    article     INTEGER NOT NULL REFERENCES article,
    source      TEXT NOT NULL,          -- C-88 or T-1042: where they were said
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (ticket, article)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_split_by_article ON ticket_split (article);
CREATE INDEX ticket_split_by_source ON ticket_split (source);

CREATE TABLE ticket_link (
    ticket      INTEGER NOT NULL REFERENCES ticket,
    other       INTEGER NOT NULL REFERENCES ticket,
    kind        TEXT NOT NULL CHECK (kind = 'related' OR kind = 'child' OR kind = 'duplicate'),
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (ticket, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_link_by_other ON ticket_link (other);

-- Derived: calls and what was promised in them.

CREATE TABLE call (
    seq         INTEGER PRIMARY KEY REFERENCES event, -- the event that began it
    channel     INTEGER,                -- NULL if it was written down by hand
    call_id     TEXT,                   -- the phone system's name for it
    direction   TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    outcome     TEXT NOT NULL
                CHECK (outcome = 'open' OR outcome = 'missed' OR outcome = 'answered'
                       OR outcome = 'rejected' OR outcome = 'failed'),
    contact     INTEGER,
    maybe       TEXT NOT NULL,          -- JSON: customers it may be instead
    conversation INTEGER,
    ticket      INTEGER,
    number      TEXT,                   -- the customer's; NULL once erased
    queue       TEXT,
    members     TEXT NOT NULL,          -- JSON: at whom it rings, or who dials
    member      INTEGER,                -- who took it
    started_at  INTEGER NOT NULL,
    answered_at INTEGER,
    answered    INTEGER,                -- the event that tells it was, by hand or by the phone system
    ended_at    INTEGER,
    cause       TEXT,                   -- why it ended, the phone system's word
    duration_s  INTEGER,
    noted       INTEGER,                -- the event of the newest note
    noted_at    INTEGER,
    noted_by    INTEGER,
    notes       INTEGER NOT NULL DEFAULT 0, -- how many notes there are
    preview     TEXT NOT NULL DEFAULT 'Call', -- what lists say of it by now
    note        TEXT,                   -- JSON; NULL once erased
    note_locked INTEGER NOT NULL DEFAULT 0,
    satisfaction INTEGER,               -- 1 to 5
    escalate    INTEGER NOT NULL DEFAULT 0,
    seq_changed INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE UNIQUE INDEX call_by_id ON call (channel, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX call_by_conversation ON call (conversation, seq);
CREATE INDEX call_by_ticket ON call (ticket, seq) WHERE ticket IS NOT NULL;
CREATE INDEX call_running ON call (started_at) WHERE ended_at IS NULL;
CREATE INDEX call_without_note ON call (seq) WHERE noted IS NULL;

CREATE TABLE early_step (               -- told before the call it belongs to
    channel     INTEGER NOT NULL,
    call_id     TEXT NOT NULL,
    step        TEXT NOT NULL CHECK (step IN ('answer', 'hangup')),
    told_at     INTEGER NOT NULL,
    cause       TEXT,
    member      INTEGER,
    answered    INTEGER NOT NULL,
    payload     INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (channel, call_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE commitment (
    seq         INTEGER PRIMARY KEY REFERENCES event, -- the event that made it
    call        INTEGER,
    object      TEXT NOT NULL,          -- C-88 or T-1042
    contact     INTEGER,
    owner       INTEGER NOT NULL,
    text        TEXT,                   -- NULL once erased
    due_at      INTEGER NOT NULL,
    remind_at   INTEGER NOT NULL,
    missed_at   INTEGER NOT NULL,       -- from when it counts as missed
    reminded    INTEGER NOT NULL DEFAULT 0,
    state       TEXT NOT NULL CHECK (state = 'open' OR state = 'kept' OR state = 'missed'),
    ended_at    INTEGER,
    seq_changed INTEGER NOT NULL REFERENCES event
) STRICT;
CREATE INDEX commitment_by_call ON commitment (call, seq);
CREATE INDEX commitment_by_owner ON commitment (owner, due_at, seq) WHERE state = 'open';
CREATE INDEX commitment_open ON commitment (due_at, seq) WHERE state = 'open';
CREATE INDEX commitment_to_remind ON commitment (remind_at) WHERE state = 'open' AND reminded = 0;
CREATE INDEX commitment_to_miss ON commitment (missed_at) WHERE state = 'open';

-- Derived: what was taken over from other systems.

CREATE TABLE imported (
    source      TEXT NOT NULL,          -- zendesk, zammad, whatsapp_chat
    key         TEXT NOT NULL,          -- ticket/35, article/901: the id there
    object      TEXT NOT NULL,          -- where it stands here
    seq         INTEGER NOT NULL REFERENCES event,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- Derived: search over articles, tickets and contacts, folded alike with every query.

CREATE TABLE search (
    id          INTEGER PRIMARY KEY,    -- seq of the event that brought the text
    kind        TEXT NOT NULL CHECK (kind = 'article' OR kind = 'ticket' OR kind = 'contact'),
    object      TEXT NOT NULL,          -- the page it is found on
    at          INTEGER NOT NULL,
    body        TEXT NOT NULL           -- folded
) STRICT;
CREATE INDEX search_by_object ON search (kind, object);
CREATE VIRTUAL TABLE search_word USING fts5 (
    body, content = 'search', content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE VIRTUAL TABLE search_part USING fts5 (
    body, content = 'search', content_rowid = 'id', tokenize = 'trigram', detail = 'none',
    columnsize = 0
);

-- ---------------------------------------------------------------------------------------------
-- Scratch: neither fact nor derived, lost without harm; never proved, never exported.

CREATE TABLE draft (                    -- what a member was typing
    member      INTEGER NOT NULL,
    object      TEXT NOT NULL,          -- C-88 or T-1042
    kind        TEXT NOT NULL CHECK (kind IN ('reply', 'note')),
    text        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (member, object)
) STRICT, WITHOUT ROWID;

CREATE TABLE kept_export (              -- files that were made to be taken away, for a while
    id          TEXT PRIMARY KEY,       -- in its address, and the name of the file
    export      INTEGER NOT NULL,       -- the event that recorded it
    member      INTEGER NOT NULL,       -- who made it
    name        TEXT NOT NULL,          -- it is saved under
    type        TEXT NOT NULL,
    digest      TEXT NOT NULL,          -- hex SHA-256
    size_bytes  INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    until       INTEGER NOT NULL        -- it is kept
) STRICT, WITHOUT ROWID;

CREATE TABLE place (                    -- how far a hand has read the trail
    name        TEXT PRIMARY KEY,
    seq         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
