//! Groups: teams with a queue of their own.

use crate::domain::event::{Fact, GroupEvent};
use crate::domain::id::{GroupId, MemberId};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};

/// A group and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Its members' ids and names, by name.
    pub members: Vec<(MemberId, String)>,
}

// Decide

/// Makes a group.
///
/// **Refuses:** a name that is empty, too long or taken.
pub fn add(now: &Now<'_>, name: &str) -> Result<Vec<Fact>> {
    let name = valid_name(now, name)?;
    let group = now.value("SELECT coalesce(max(id) + 1, 1) FROM \"group\"", &[])?;
    Ok(vec![GroupEvent::Added { group, name }.into()])
}

/// Gives a group another name.
pub fn rename(now: &Now<'_>, group: GroupId, name: &str) -> Result<Vec<Fact>> {
    let from = self::name(now, group)?;
    if from == name.trim() {
        return Ok(Vec::new());
    }
    let to = valid_name(now, name)?;
    Ok(vec![GroupEvent::Renamed { group, from, to }.into()])
}

/// Makes the group consist of exactly these members.
pub fn set_members(now: &Now<'_>, group: GroupId, members: &[MemberId]) -> Result<Vec<Fact>> {
    let group_name = name(now, group)?;
    let present = member_list(now, group)?;
    let mut facts: Vec<Fact> = Vec::new();
    for (member, name) in &present {
        if !members.contains(member) {
            let (member, name, group_name) = (*member, name.clone(), group_name.clone());
            facts.push(
                GroupEvent::MemberRemoved {
                    group,
                    group_name,
                    member,
                    name,
                }
                .into(),
            );
        }
    }
    for member in members {
        if !present.iter().any(|(id, _)| id == member) {
            let name = super::members::get(now, *member)?.name;
            let (member, group_name) = (*member, group_name.clone());
            facts.push(
                GroupEvent::MemberAdded {
                    group,
                    group_name,
                    member,
                    name,
                }
                .into(),
            );
        }
    }
    Ok(facts)
}

fn valid_name(now: &Now<'_>, name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return Err(Refusal::invalid("a group's name has 1 to 60 characters")
            .at("name")
            .into());
    }
    let taken: u64 = now.value(
        "SELECT count(*) FROM \"group\" WHERE name = :name",
        &[(":name", &name)],
    )?;
    if taken > 0 {
        return Err(
            Refusal::conflict(format!("there is a group {name} already"))
                .at("name")
                .into(),
        );
    }
    Ok(name.to_owned())
}

// Apply

/// Applies a fact about a group.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &GroupEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        GroupEvent::Added { group, name } => write.run(
            "INSERT INTO \"group\" (id, name, seq) VALUES (:id, :name, :seq)",
            &[(":id", group), (":name", name), (":seq", seq)],
        )?,
        GroupEvent::Renamed { group, to, .. } => write.run(
            "UPDATE \"group\" SET name = :name, seq = :seq WHERE id = :id",
            &[(":id", group), (":name", to), (":seq", seq)],
        )?,
        GroupEvent::MemberAdded { group, member, .. } => write.run(
            "INSERT OR IGNORE INTO group_member (\"group\", member, seq)
             VALUES (:group, :member, :seq)",
            &[(":group", group), (":member", member), (":seq", seq)],
        )?,
        GroupEvent::MemberRemoved { group, member, .. } => write.run(
            "DELETE FROM group_member WHERE \"group\" = :group AND member = :member",
            &[(":group", group), (":member", member)],
        )?,
    };
    Ok(())
}

// Ask

/// All groups with their members, by name.
pub fn list(now: &Now<'_>) -> Result<Vec<Group>> {
    let groups = now.all(
        "SELECT id, name FROM \"group\" ORDER BY name, id LIMIT 200",
        &[],
        |row| Ok((row.get("id")?, row.get("name")?)),
    )?;
    groups
        .into_iter()
        .map(|(id, name)| {
            Ok(Group {
                id,
                name,
                members: member_list(now, id)?,
            })
        })
        .collect()
}

/// The name of a group.
///
/// **Refuses:** an unknown one.
pub fn name(now: &Now<'_>, group: GroupId) -> Result<String> {
    let missing = || Refusal::not_found(format!("there is no group {group}"));
    let sql = "SELECT name FROM \"group\" WHERE id = :id";
    now.one(sql, &[(":id", &group)], missing, |row| row.get("name"))
}

/// The groups a member belongs to.
pub fn of_member(now: &Now<'_>, member: MemberId) -> Result<Vec<GroupId>> {
    now.all(
        "SELECT \"group\" AS id FROM group_member WHERE member = :member ORDER BY 1 LIMIT 200",
        &[(":member", &member)],
        |row| row.get("id"),
    )
}

fn member_list(now: &Now<'_>, group: GroupId) -> Result<Vec<(MemberId, String)>> {
    now.all(
        "SELECT member.id, member.name FROM group_member JOIN member ON member.id = member
          WHERE \"group\" = :group ORDER BY member.name, member.id LIMIT 1000",
        &[(":group", &group)],
        |row| Ok((row.get("id")?, row.get("name")?)),
    )
}
