//! Which customers a list shows.

/// Which customers a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// All.
    #[default]
    All,
    /// Those with a conversation that is not closed.
    Open,
    /// Those who never wrote: written down, or taken in from a table.
    Silent,
    /// Those who are blocked.
    Blocked,
}

impl View {
    /// All views, in the order they are shown.
    pub const ALL: [View; 4] = [View::All, View::Open, View::Silent, View::Blocked];

    /// The view in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            View::All => "all",
            View::Open => "open",
            View::Silent => "silent",
            View::Blocked => "blocked",
        }
    }

    /// The condition of this view.
    pub(super) fn condition(self) -> &'static str {
        match self {
            View::All => "1",
            View::Open => {
                "EXISTS (SELECT 1 FROM conversation
                  WHERE conversation.contact = contact.id AND status <> 'closed')"
            }
            View::Silent => {
                "NOT EXISTS (SELECT 1 FROM conversation WHERE conversation.contact = contact.id)"
            }
            View::Blocked => "blocked_at IS NOT NULL",
        }
    }
}
