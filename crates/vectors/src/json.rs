//! JSON as the files have it: fields in the order in which they are written, and what fits a line on one line.

use veilpass::internals::curve::{
    G1Affine, G2Affine, Scalar, g1_to_bytes, g2_to_bytes, scalar_to_bytes,
};
use veilpass::text::hex;

/// A value.
#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// An object with its fields in this order.
#[macro_export]
macro_rules! object {
    ($($name:literal : $value:expr),* $(,)?) => {
        $crate::json::Json::Object(vec![$(($name.to_owned(), $crate::json::Json::from($value))),*])
    };
}

/// So many characters fit a line: a whole test without long bytes.
const WIDTH: usize = 330;

impl Json {
    /// Adds fields at the end of an object.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        match (self, more) {
            (Self::Object(mut fields), Self::Object(others)) => {
                fields.extend(others);
                Self::Object(fields)
            }
            (own, _) => own,
        }
    }

    /// The same object without a field.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        match self {
            Self::Object(mut fields) => {
                fields.retain(|(field, _)| field != name);
                Self::Object(fields)
            }
            own => own,
        }
    }

    /// The text of a file.
    #[must_use]
    pub fn file(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text.push('\n');
        text
    }

    fn is_single(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Object(_))
    }

    fn write(&self, depth: usize, text: &mut String) {
        let line = self.line();
        if self.is_single() || depth + line.chars().count() <= WIDTH {
            text.push_str(&line);
            return;
        }
        let (open, close, items): (_, _, Vec<(String, &Self)>) = match self {
            Self::List(list) => (
                '[',
                ']',
                list.iter().map(|one| (String::new(), one)).collect(),
            ),
            Self::Object(fields) => {
                let named = |(name, value)| (format!("{}: ", quoted(name)), value);
                let fields = fields.iter().map(|(name, value)| named((name, value)));
                ('{', '}', fields.collect())
            }
            _ => return,
        };
        text.push(open);
        for (i, (name, value)) in items.iter().enumerate() {
            text.push_str(if i == 0 { "\n" } else { ",\n" });
            text.push_str(&" ".repeat(depth + 1));
            text.push_str(name);
            value.write(depth + 1, text);
        }
        text.push('\n');
        text.push_str(&" ".repeat(depth));
        text.push(close);
    }

    fn line(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => quoted(value),
            Self::List(list) => {
                let list: Vec<_> = list.iter().map(Self::line).collect();
                format!("[{}]", list.join(", "))
            }
            Self::Object(fields) => {
                let field =
                    |(name, value): &(String, Self)| format!("{}: {}", quoted(name), value.line());
                let fields: Vec<_> = fields.iter().map(field).collect();
                format!("{{{}}}", fields.join(", "))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Bytes, as small hexadecimal.
#[must_use]
pub fn bytes(bytes: impl AsRef<[u8]>) -> Json {
    Json::Text(hex(bytes.as_ref()))
}

impl From<&G1Affine> for Json {
    fn from(point: &G1Affine) -> Self {
        bytes(g1_to_bytes(point))
    }
}

impl From<&G2Affine> for Json {
    fn from(point: &G2Affine) -> Self {
        bytes(g2_to_bytes(point))
    }
}

impl From<&Scalar> for Json {
    fn from(scalar: &Scalar) -> Self {
        bytes(scalar_to_bytes(scalar))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

macro_rules! numbers {
    ($($of:ty),*) => {$(
        impl From<$of> for Json {
            fn from(value: $of) -> Self {
                Self::Number(value.into())
            }
        }
    )*};
}
numbers!(u8, u16, u32, i32, i64);

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        Self::Number(i64::try_from(value).unwrap())
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A file in the shape of Wycheproof's.
#[derive(Debug)]
pub struct VectorFile {
    pub name: &'static str,
    pub algorithm: &'static str,
    pub header: Vec<&'static str>,
    /// What the flags of its tests mean.
    pub notes: Vec<(&'static str, &'static str)>,
    /// What groups name as their world.
    pub worlds: Vec<(&'static str, Json)>,
    pub groups: Vec<Group>,
}

/// Tests that share something.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name of its shape in the schema.
    pub kind: &'static str,
    /// What they share.
    pub shared: Json,
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Test {
    pub comment: String,
    pub flags: Vec<&'static str>,
    pub valid: bool,
    pub fields: Json,
}

impl Test {
    #[must_use]
    pub fn valid(comment: impl Into<String>, fields: Json) -> Self {
        Self {
            comment: comment.into(),
            flags: Vec::new(),
            valid: true,
            fields,
        }
    }

    #[must_use]
    pub fn flags(self, flags: &[&'static str]) -> Self {
        Self {
            flags: flags.to_vec(),
            ..self
        }
    }
}

impl VectorFile {
    /// The name of the file, and its text.
    ///
    /// # Panics
    /// If a test has a flag that no note explains.
    #[must_use]
    pub fn written(self) -> (String, String) {
        let mut next = 0_u32;
        let mut number = |test: Test| {
            next += 1;
            for flag in &test.flags {
                assert!(
                    self.notes.iter().any(|(name, _)| name == flag),
                    "{flag} in {}",
                    self.name
                );
            }
            object! {
                "tcId": next,
                "comment": test.comment,
                "flags": test.flags,
                "result": if test.valid { "valid" } else { "invalid" },
            }
            .and(test.fields)
        };
        let groups: Vec<_> = (self.groups.into_iter())
            .map(|group| {
                let tests: Vec<_> = group.tests.into_iter().map(&mut number).collect();
                object! { "type": group.kind }
                    .and(group.shared)
                    .and(object! { "tests": tests })
            })
            .collect();
        let notes = (self.notes.iter()).map(|(flag, text)| ((*flag).to_owned(), (*text).into()));
        let worlds = (self.worlds.into_iter()).map(|(name, world)| (name.to_owned(), world));
        let file = object! {
            "algorithm": self.algorithm,
            "schema": "schema.json",
            "numberOfTests": next,
            "header": self.header,
            "notes": Json::Object(notes.collect()),
            "worlds": Json::Object(worlds.collect()),
            "testGroups": groups,
        };
        (format!("{}.json", self.name), file.file())
    }
}
