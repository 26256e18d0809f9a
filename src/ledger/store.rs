//! Between Rust values and SQLite's: what may be bound to a statement and read from a column, and
//! how connections are opened and guarded.

use super::still;
use crate::domain::id::{
    ChannelId, ContactId, ConversationId, GroupId, MemberId, Object, Seq, TicketId,
};
use crate::domain::moment::Moment;
use crate::error::{Error, Fault, Result};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};
use std::path::Path;

/// A value that can be bound to a named place in a statement.
pub trait Bind {
    /// The value as SQLite keeps it.
    fn to_value(&self) -> ToSqlOutput<'_>;
}

/// A value that can be read from a column.
pub trait Cell: Sized {
    /// The value, if the column holds one of this kind.
    fn from_value(value: ValueRef<'_>) -> Result<Self>;
}

fn odd(expected: &str, value: ValueRef<'_>) -> Error {
    Error::fault(format!(
        "expected {expected}, found {:?}",
        value.data_type()
    ))
}

fn integer(value: u64) -> ToSqlOutput<'static> {
    // Ids and places stay far below 2^63; a larger one could only be a bug and is kept visible.
    ToSqlOutput::Owned(Value::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Bind for $type {
            fn to_value(&self) -> ToSqlOutput<'_> {
                ToSqlOutput::Owned(Value::Integer(*self as i64))
            }
        }

        impl Cell for $type {
            fn from_value(value: ValueRef<'_>) -> Result<Self> {
                match value {
                    ValueRef::Integer(n) => <$type>::try_from(n).map_err(|e| Fault::from(e).into()),
                    other => Err(odd("a whole number", other)),
                }
            }
        }
    )*};
}

macro_rules! ids {
    ($($type:ident),*) => {$(
        impl Bind for $type {
            fn to_value(&self) -> ToSqlOutput<'_> {
                integer(self.0)
            }
        }

        impl Cell for $type {
            fn from_value(value: ValueRef<'_>) -> Result<Self> {
                u64::from_value(value).map($type)
            }
        }
    )*};
}

whole_numbers!(i64, u64, u32, u8, usize);
ids!(
    Seq,
    ConversationId,
    TicketId,
    ContactId,
    MemberId,
    ChannelId,
    GroupId
);

impl Bind for bool {
    fn to_value(&self) -> ToSqlOutput<'_> {
        integer(u64::from(*self))
    }
}

impl Cell for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        i64::from_value(value).map(|n| n != 0)
    }
}

impl Bind for Moment {
    fn to_value(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Value::Integer(self.0))
    }
}

impl Cell for Moment {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        i64::from_value(value).map(Moment)
    }
}

impl Bind for Object {
    fn to_value(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Value::Text(self.to_string()))
    }
}

impl Cell for Object {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        String::from_value(value)?
            .parse()
            .map_err(|error: String| Error::fault(error))
    }
}

impl Bind for str {
    fn to_value(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_bytes()))
    }
}

impl Bind for String {
    fn to_value(&self) -> ToSqlOutput<'_> {
        self.as_str().to_value()
    }
}

impl Cell for String {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => Ok(std::str::from_utf8(text).map_err(Fault::from)?.to_owned()),
            other => Err(odd("text", other)),
        }
    }
}

impl Bind for [u8] {
    fn to_value(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn to_value(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }
}

impl Bind for Vec<u8> {
    fn to_value(&self) -> ToSqlOutput<'_> {
        self.as_slice().to_value()
    }
}

impl Cell for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            other => Err(odd("bytes", other)),
        }
    }
}

impl<const N: usize> Cell for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Blob(bytes) => bytes
                .try_into()
                .map_err(|_| Error::fault(format!("expected {N} bytes"))),
            other => Err(odd("bytes", other)),
        }
    }
}

impl<T: Bind> Bind for Option<T> {
    fn to_value(&self) -> ToSqlOutput<'_> {
        self.as_ref()
            .map_or(ToSqlOutput::Owned(Value::Null), Bind::to_value)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn to_value(&self) -> ToSqlOutput<'_> {
        (**self).to_value()
    }
}

struct Bound<'a>(&'a dyn Bind);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_value())
    }
}

impl Bind for Value {
    fn to_value(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(self.into())
    }
}

/// A value that outlives what it was made of.
pub(super) fn owned(value: &dyn Bind) -> Value {
    match value.to_value() {
        ToSqlOutput::Borrowed(ValueRef::Integer(number)) => Value::Integer(number),
        ToSqlOutput::Borrowed(ValueRef::Real(number)) => Value::Real(number),
        ToSqlOutput::Borrowed(ValueRef::Text(text)) => {
            Value::Text(String::from_utf8_lossy(text).into_owned()) // made of a str
        }
        ToSqlOutput::Borrowed(ValueRef::Blob(bytes)) => Value::Blob(bytes.to_vec()),
        ToSqlOutput::Borrowed(ValueRef::Null) => Value::Null,
        ToSqlOutput::Owned(value) => value,
        _ => Value::Null, // an outside enum; its other kinds are made by none of ours
    }
}

/// Binds named values; a name that the statement does not have is a fault.
pub(super) fn bind_all(statement: &mut Statement<'_>, values: &[(&str, &dyn Bind)]) -> Result<()> {
    for (given, (name, value)) in values.iter().enumerate() {
        // Values are mostly given in the order of the statement, where looking is cheaper than
        // searching.
        let place = match statement.parameter_name(given + 1) {
            Some(here) if here == *name => Some(given + 1),
            _ => statement.parameter_index(name).map_err(Fault::from)?,
        };
        let place = place.ok_or_else(|| Error::fault(format!("the statement has no {name}")))?;
        statement
            .raw_bind_parameter(place, Bound(*value))
            .map_err(Fault::from)?;
    }
    Ok(())
}

/// How long a connection waits for another one.
pub(super) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Statements a connection keeps prepared: more than a desk's work has.
const STATEMENTS: usize = 512;

/// Keeps prepared statements as they were prepared: all of them, and with the plan they were given.
/// Without the guarantee SQLite prepares a statement anew whenever a value is bound that a partial
/// index could depend on, which was a third of all work when recording.
pub(super) fn settle(db: &Connection) -> Result<()> {
    use rusqlite::config::DbConfig;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(Fault::from)?;
    Ok(())
}

/// How a connection is going to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The one that writes.
    Write,
    /// Pages, reports, verification.
    Read,
}

/// Opens a connection with the settings every connection has.
pub(super) fn open(path: &Path, purpose: Use) -> Result<Connection> {
    forgo_statistics();
    let flags = match purpose {
        Use::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Use::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(Fault::from)?;
    // Before any setting: some of them read.
    if purpose == Use::Read && still::cannot_begin(&db) {
        return still::open(path);
    }
    settings(&db, purpose)?;
    Ok(db)
}

/// The settings every connection has.
pub(super) fn settings(db: &Connection, purpose: Use) -> Result<()> {
    settle(db)?;
    db.busy_timeout(PATIENCE).map_err(Fault::from)?;
    let settings = match purpose {
        Use::Write => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA recursive_triggers = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000;
             PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;"
        }
        Use::Read => {
            "PRAGMA query_only = ON; PRAGMA recursive_triggers = ON; PRAGMA cache_size = -2000;
             PRAGMA temp_store = MEMORY;"
        }
    };
    db.execute_batch(settings).map_err(Fault::from)?;
    harden(db)
}

/// Lets SQLite not count the memory it uses: nobody asks, and each count takes a lock all
/// connections share.
fn forgo_statistics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: a plain setting with the one argument this option takes. SQLite itself refuses it
        // once it is in use, and then goes on counting.
        #[allow(unsafe_code)]
        let set =
            unsafe { rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_MEMSTATUS, 0_i32) };
        if set != rusqlite::ffi::SQLITE_OK {
            tracing::debug!(set, "SQLite was in use before and counts its memory");
        }
    });
}

fn harden(db: &Connection) -> Result<()> {
    use rusqlite::config::DbConfig;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
        .map_err(Fault::from)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
        .map_err(Fault::from)?;
    Ok(())
}

/// From here on the connection cannot change facts, shapes or settings, whatever statement runs.
pub(super) fn guard(db: &mut Connection) -> Result<()> {
    db.authorizer(Some(|context: AuthContext<'_>| {
        if allowed(&context.action) {
            Authorization::Allow
        } else {
            Authorization::Deny
        }
    }))
    .map_err(|error| Fault::from(error).into())
}

fn allowed(action: &AuthAction<'_>) -> bool {
    const APPEND_ONLY: [&str; 4] = ["event", "disclosure", "file", "checkpoint"];
    match action {
        AuthAction::Update { table_name, .. } => !APPEND_ONLY.contains(table_name),
        AuthAction::Delete { table_name } => {
            !["event", "checkpoint", "head", "sqlite_master"].contains(table_name)
        }
        AuthAction::Insert { table_name } => *table_name != "sqlite_master",
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => {
            // What FTS5 and our own readings ask; nothing that sets a value. Folding the log into
            // the database changes nothing.
            const ASKED: [&str; 3] = ["data_version", "table_info", "wal_checkpoint"];
            pragma_value.is_none() || ASKED.contains(pragma_name)
        }
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => true,
        _ => false, // an outside enum: whatever else SQLite can do is not needed here
    }
}
