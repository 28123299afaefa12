//! A field of a change: kept, cleared or set. Says what nested options cannot.

/// What a change does to one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// As it was.
    #[default]
    Keep,
    /// Empty from now on.
    Clear,
    /// This from now on.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field stays as it was.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Carries the change out.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}
