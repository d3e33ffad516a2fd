//! Reasons in words. A [`Said`] is a reason by the name that it has in the catalogues of `veilpass-words`, with what
//! stands in it; the reason itself displays the same sentence in English. No reason has debug text in it, nor
//! anything that a person's record says.

use veilpass::scheme::Day;

/// A reason by its name, with its arguments in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its name in the catalogues.
    pub name: &'static str,
    /// What stands in it, by name.
    pub args: Vec<(&'static str, Arg)>,
}

/// What stands in a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A number, which languages may inflect by.
    Number(u64),
    /// A code, a day or the name of a field, which no language changes.
    Text(String),
    /// Words that each language has for itself.
    Said(Said),
}

/// What can stand in a reason.
pub(crate) trait ToArg {
    /// As an argument.
    fn arg(&self) -> Arg;

    /// Some value, to make one reason of every kind.
    fn examples() -> Vec<Self>
    where
        Self: Sized;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl ToArg for $type {
            fn arg(&self) -> Arg {
                u64::try_from(*self).map_or_else(|_| Arg::Text(self.to_string()), Arg::Number)
            }

            fn examples() -> Vec<Self> {
                vec![2]
            }
        }
    )*};
}

numbers!(u8, u32, u64, usize);

impl ToArg for String {
    fn arg(&self) -> Arg {
        Arg::Text(self.clone())
    }

    fn examples() -> Vec<Self> {
        vec!["x".to_owned()]
    }
}

impl ToArg for &'static str {
    fn arg(&self) -> Arg {
        Arg::Text((*self).to_owned())
    }

    fn examples() -> Vec<Self> {
        vec!["x"]
    }
}

impl ToArg for Day {
    fn arg(&self) -> Arg {
        Arg::Text(self.to_string())
    }

    fn examples() -> Vec<Self> {
        vec![Self::default()]
    }
}

/// Declares reasons: each with its name in the catalogues and its sentence in English.
macro_rules! reasons {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $(
        $(#[$doc:meta])*
        $variant:ident $({ $( $(#[$field_doc:meta])* $field:ident: $type:ty ),* $(,)? })?
            = $id:literal, $text:literal;
    )* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        $vis enum $name { $(
            $(#[$doc])*
            $variant $({ $( $(#[$field_doc])* $field: $type ),* })?,
        )* }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $( Self::$variant $({ $($field),* })? => write!(f, $text), )*
                }
            }
        }

        impl std::error::Error for $name {}

        impl $name {
            /// The reason by its name in the catalogues.
            #[must_use]
            pub fn said(&self) -> $crate::words::Said {
                match self {
                    $( Self::$variant $({ $($field),* })? => $crate::words::Said {
                        name: $id,
                        args: vec![$($( (stringify!($field), $crate::words::ToArg::arg($field)) ),*)?],
                    }, )*
                }
            }

            /// At least one of each.
            #[must_use]
            pub fn all() -> Vec<Self> {
                [$( $crate::words::reasons!(@each $variant $({ $($field: $type),* })?) ),*].concat()
            }
        }

        impl $crate::words::ToArg for $name {
            fn arg(&self) -> $crate::words::Arg {
                $crate::words::Arg::Said(self.said())
            }

            fn examples() -> Vec<Self> {
                Self::all()
            }
        }
    };
    (@each $variant:ident) => { vec![Self::$variant] };
    // One for each example of each field, the others being their first ones.
    (@each $variant:ident { $($field:ident: $type:ty),* }) => {{
        let most = [$( <$type as $crate::words::ToArg>::examples().len() ),*].into_iter().max().unwrap_or(0);
        let of_place = |place: usize| {
            $(
                let mut $field = <$type as $crate::words::ToArg>::examples();
                let $field = $field.swap_remove(place.min($field.len().saturating_sub(1)));
            )*
            Self::$variant { $($field),* }
        };
        (0..most).map(of_place).collect::<Vec<_>>()
    }};
}
pub(crate) use reasons;

/// One of every reason that this crate can give, with its sentence in English: the catalogues are compared with it.
#[must_use]
pub fn all() -> Vec<(Said, String)> {
    macro_rules! of {
        ($($type:ty),* $(,)?) => {{
            let mut all = Vec::new();
            $( all.extend(<$type>::all().iter().map(|reason| (reason.said(), reason.to_string()))); )*
            all
        }};
    }
    let mut all = of!(
        crate::Flaw,
        crate::flaw::About,
        crate::flaw::Broken,
        crate::flaw::Foreign,
        crate::flaw::Wrong,
        crate::JwkError,
        crate::TrustError,
        crate::register::MapError,
        crate::register::Why,
        crate::rules::Refusal,
        crate::rules::Rule,
        crate::rules::PartName,
        crate::rules::Because,
        crate::rules::Bound,
    );
    all.extend(crate::rules::periods());
    all
}
