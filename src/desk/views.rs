//! Views that were kept: a list as somebody asked for it, with a name; one's own or everybody's.

use crate::domain::event::Fact;
use crate::domain::event::view::{Asks, SealedView, ViewEvent};
use crate::domain::id::MemberId;
use crate::domain::member::{Right, Role};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// Most views of one list that one member, or everybody together, keeps.
const VIEWS_MAX: usize = 50;

/// **Unit:** characters.
const NAME_MAX: usize = 60;

/// **Unit:** characters.
const QUERY_MAX: usize = 2_000;

/// A view as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Which.
    pub id: u64,
    /// Whose own; none if everybody's.
    pub owner: Option<MemberId>,
    /// How it is called.
    pub name: String,
    /// The query of its address.
    pub query: String,
}

// Decide

/// Keeps a view under a name; one of that name that the member may change is replaced.
///
/// **Refuses:** an empty or too long name, too many; sharing without the right to.
pub fn save(
    now: &Now<'_>,
    list: &str,
    name: &str,
    query: &str,
    member: (MemberId, Role),
    shared: bool,
) -> Result<Vec<Fact>> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > NAME_MAX {
        let text = format!("a view's name has 1 to {NAME_MAX} characters");
        return Err(Refusal::invalid(text).at("name").into());
    }
    if query.chars().count() > QUERY_MAX {
        let text = "this view asks for too much to be kept";
        return Err(Refusal::invalid(text).at("name").into());
    }
    let (member, role) = member;
    if shared && !may_share(role) {
        let text = format!("the role {role} may keep views for itself only");
        return Err(Refusal::forbidden(text).into());
    }
    let owner = (!shared).then_some(member);
    let mut known = self::list(now, list, member)?;
    known.retain(|view| view.owner == owner);
    let same = known
        .iter()
        .find(|view| view.name.eq_ignore_ascii_case(&name));
    if same.is_none() && known.len() >= VIEWS_MAX {
        let text = format!("at most {VIEWS_MAX} views; remove one first");
        return Err(Refusal::conflict(text).at("name").into());
    }
    let view = match same {
        Some(same) if same.query == query && same.name == name => return Ok(Vec::new()),
        Some(same) => same.id,
        None => now.value("SELECT coalesce(max(id) + 1, 1) FROM \"view\"", &[])?,
    };
    let query = query.to_owned();
    let saved = ViewEvent::Saved {
        view,
        list: list.to_owned(),
        owner,
        sealed: SealedView {
            asks: Some(Asks { name, query }),
        },
    };
    Ok(vec![saved.into()])
}

/// Keeps a view of a list no more.
///
/// **Refuses:** somebody else's, and everybody's without the right to share.
pub fn remove(now: &Now<'_>, list: &str, view: u64, member: (MemberId, Role)) -> Result<Vec<Fact>> {
    let missing = || Refusal::not_found(format!("there is no view {view}"));
    let owner: Option<MemberId> = now.one(
        "SELECT owner FROM \"view\" WHERE id = :id AND list = :list AND removed = 0",
        &[(":id", &view), (":list", &list)],
        missing,
        |row| row.get("owner"),
    )?;
    let (member, role) = member;
    match owner {
        Some(owner) if owner != member => Err(missing().into()),
        None if !may_share(role) => {
            let text = format!("the role {role} may remove views of its own only");
            Err(Refusal::forbidden(text).into())
        }
        Some(_) | None => Ok(vec![ViewEvent::Removed { view }.into()]),
    }
}

/// Whether a role may keep views for everybody.
pub fn may_share(role: Role) -> bool {
    role.has(Right::Assign) || role.has(Right::Settings)
}

// Apply

/// Applies a fact about views.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ViewEvent) -> Result<()> {
    match event {
        ViewEvent::Saved {
            view,
            list,
            owner,
            sealed,
        } => {
            let asks = sealed.asks.as_ref();
            write.run(
                "INSERT INTO \"view\" (id, list, owner, name, query, seq)
                 VALUES (:id, :list, :owner, :name, :query, :seq)
                 ON CONFLICT (id) DO UPDATE
                 SET name = excluded.name, query = excluded.query, seq = excluded.seq",
                &[
                    (":id", view),
                    (":list", list),
                    (":owner", owner),
                    (":name", &asks.map(|asks| &asks.name)),
                    (":query", &asks.map(|asks| &asks.query)),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
        ViewEvent::Removed { view } => {
            write.run(
                "UPDATE \"view\" SET removed = 1, seq = :seq WHERE id = :id",
                &[(":seq", &recorded.seq), (":id", view)],
            )?;
        }
    }
    Ok(())
}

// Ask

/// The views of a list a member has: their own first, then everybody's, by name.
pub fn list(now: &Now<'_>, list: &str, member: MemberId) -> Result<Vec<View>> {
    now.all(
        "SELECT id, owner, name, query FROM \"view\"
          WHERE list = :list AND removed = 0 AND name IS NOT NULL
            AND (owner IS NULL OR owner = :member)
          ORDER BY owner IS NULL, name COLLATE NOCASE, id LIMIT 200",
        &[(":list", &list), (":member", &member)],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<View> {
    let query: Option<String> = row.get("query")?;
    Ok(View {
        id: row.get("id")?,
        owner: row.get("owner")?,
        name: row.get("name")?,
        query: query.unwrap_or_default(),
    })
}
