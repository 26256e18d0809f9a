//! The two ways something can go wrong: a refusal (the wish cannot be granted, and the person is
//! told why) and a fault (we or the world failed, and the person gets an incident number).

use std::fmt;

/// What every fallible function of the house answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Either a refusal or a fault; never anything in between.
#[derive(Debug)]
pub enum Error {
    /// The wish cannot be granted.
    Refusal(Refusal),
    /// We or the world failed.
    Fault(Fault),
}

/// Why a wish cannot be granted, in one sentence for the person who wished it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What sort of refusal it is; decides the HTTP status and the exit code.
    pub kind: RefusalKind,
    /// One lower-case sentence without full stop, with the offending value in it.
    pub text: String,
    /// The form field it belongs to, where there is one.
    pub field: Option<&'static str>,
}

/// The sorts of refusal, each with one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A value that cannot be taken: 422.
    Invalid,
    /// Nobody is signed in: 401.
    NotSignedIn,
    /// The right is missing: 403.
    Forbidden,
    /// There is no such thing: 404.
    NotFound,
    /// The present does not allow it: 409.
    Conflict,
    /// More bytes than the limit: 413.
    TooLarge,
    /// More often than the limit: 429.
    TooMany,
    /// The desk cannot write right now (disk full, read-only): 503.
    Unavailable,
}

/// What failed, while doing what, and because of what.
#[derive(Debug)]
pub struct Fault {
    /// What we were doing, outermost first.
    pub doing: Vec<String>,
    /// The error underneath.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Refusal {
    /// A value that cannot be taken.
    pub fn invalid(text: impl Into<String>) -> Self {
        Refusal {
            kind: RefusalKind::Invalid,
            text: text.into(),
            field: None,
        }
    }

    /// The right that is missing, named.
    pub fn forbidden(text: impl Into<String>) -> Self {
        Refusal {
            kind: RefusalKind::Forbidden,
            text: text.into(),
            field: None,
        }
    }

    /// There is no such thing.
    pub fn not_found(text: impl Into<String>) -> Self {
        Refusal {
            kind: RefusalKind::NotFound,
            text: text.into(),
            field: None,
        }
    }

    /// The present does not allow it.
    pub fn conflict(text: impl Into<String>) -> Self {
        Refusal {
            kind: RefusalKind::Conflict,
            text: text.into(),
            field: None,
        }
    }

    /// A refusal of the given sort.
    pub fn of(kind: RefusalKind, text: impl Into<String>) -> Self {
        Refusal {
            kind,
            text: text.into(),
            field: None,
        }
    }

    /// The same refusal, shown at the given form field.
    pub fn at(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// The HTTP status of this refusal.
    pub fn status(&self) -> u16 {
        match self.kind {
            RefusalKind::Invalid => 422,
            RefusalKind::NotSignedIn => 401,
            RefusalKind::Forbidden => 403,
            RefusalKind::NotFound => 404,
            RefusalKind::Conflict => 409,
            RefusalKind::TooLarge => 413,
            RefusalKind::TooMany => 429,
            RefusalKind::Unavailable => 503,
        }
    }
}

impl Fault {
    /// A fault of our own finding, without an outside error underneath.
    pub fn new(text: impl Into<String>) -> Self {
        Fault {
            doing: Vec::new(),
            source: text.into().into(),
        }
    }

    /// A fault around an outside error.
    pub fn from(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Fault {
            doing: Vec::new(),
            source: source.into(),
        }
    }
}

impl Error {
    /// A fault of our own finding.
    pub fn fault(text: impl Into<String>) -> Self {
        Error::Fault(Fault::new(text))
    }

    /// The refusal inside, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refusal(refusal) => Some(refusal),
            Error::Fault(_) => None,
        }
    }
}

/// Adds what we were doing to a fault; a refusal passes unchanged.
pub trait Doing<T> {
    /// Names what was being done when it failed: `.doing("reading the inbox")?`.
    fn doing(self, what: impl Into<String>) -> Result<T>;

    /// The same where the name has to be made first: it is made only for a fault. For what runs
    /// once a row or once an event.
    fn doing_so(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl Into<String>) -> Result<T> {
        self.doing_so(|| what.into())
    }

    fn doing_so(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| match error.into() {
            Error::Fault(mut fault) => {
                fault.doing.insert(0, what());
                Error::Fault(fault)
            }
            refusal => refusal,
        })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refusal(refusal)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Fault(fault)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Fault(Fault::from(error))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Fault(Fault::from(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refusal(refusal) => f.write_str(&refusal.text),
            Error::Fault(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for doing in &self.doing {
            write!(f, "{doing}: ")?;
        }
        write!(f, "{}", self.source)
    }
}

impl std::error::Error for Error {}
