//! Why nothing was measured.

use std::error::Error;

use thiserror::Error as Message;

/// What a function gives that measures or draws; [`Wrong`] may be among its errors.
pub(super) type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Why nothing was measured.
#[derive(Debug, Message)]
#[non_exhaustive]
pub enum BenchError {
    /// What was to be measured does not work: good was refused, or wrong was accepted.
    #[error("{0}; nothing was measured")]
    Wrong(String),
    /// This machine did not do what measuring takes: a thread, a file, a process.
    #[error(transparent)]
    Failed(Box<dyn Error + Send + Sync>),
}

/// What must not happen: nothing is measured that does not work.
#[derive(Debug, Message)]
#[error("{0}")]
struct Wrong(String);

/// What must hold before anything is measured.
pub(super) fn must(held: bool, otherwise: impl Into<String>) -> Fallible<()> {
    if held {
        Ok(())
    } else {
        Err(Wrong(otherwise.into()).into())
    }
}

impl From<Box<dyn Error + Send + Sync>> for BenchError {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        match error.downcast::<Wrong>() {
            Ok(wrong) => Self::Wrong(wrong.0),
            Err(error) => Self::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BenchError, must};

    #[test]
    fn what_does_not_work_is_told_from_a_machine_that_fails() {
        let wrong = must(false, "a good pass was refused").map_err(BenchError::from);
        assert!(matches!(wrong, Err(BenchError::Wrong(what)) if what == "a good pass was refused"));
        let failed = BenchError::from(Box::from("no thread"));
        assert!(matches!(failed, BenchError::Failed(_)));
        assert!(must(true, "nothing").is_ok());
    }
}
