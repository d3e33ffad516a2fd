//! Moments: seconds of Unix time, with conversions that say so and arithmetic that cannot overflow.

use std::time::Duration;

use crate::codec::{DecodeError, Reader};

/// A moment as whole seconds since 1970-01-01T00:00:00Z, negative before. The library has no clock: a
/// caller says what time it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct UnixTime(i64);

impl UnixTime {
    /// The moment so many seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// The moment `duration` later, which counts in whole seconds; `None` beyond the range of the type.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add_unsigned(duration.as_secs()).map(Self)
    }

    /// The moment `duration` earlier, which counts in whole seconds; `None` beyond the range of the type.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub_unsigned(duration.as_secs()).map(Self)
    }

    /// As [`checked_add`](Self::checked_add), and the last moment of all beyond the range.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(duration.as_secs()))
    }

    /// As [`checked_sub`](Self::checked_sub), and the first moment of all beyond the range.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(duration.as_secs()))
    }

    /// The time from `earlier` to this moment; `None` if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let ordered = self >= earlier;
        ordered.then(|| Duration::from_secs(self.0.abs_diff(earlier.0)))
    }

    /// 8 bytes, big-endian two's complement.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.i64().map(Self)
    }
}

/// A moment for tests.
#[cfg(test)]
pub(crate) fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stays_within_the_range_and_says_when_it_would_not() {
        let second = Duration::from_secs(1);
        let (first, last) = (UnixTime(i64::MIN), UnixTime(i64::MAX));
        assert_eq!(UnixTime(7).checked_add(second), Some(UnixTime(8)));
        assert_eq!(UnixTime(0).checked_sub(second), Some(UnixTime(-1)));
        assert_eq!(last.checked_add(second), None);
        assert_eq!(first.checked_sub(second), None);
        assert_eq!(last.saturating_add(second), last);
        assert_eq!(first.saturating_sub(Duration::MAX), first);
        assert_eq!(UnixTime(9).since(UnixTime(-1)), Some(10 * second));
        assert_eq!(UnixTime(-1).since(UnixTime(9)), None);
        assert_eq!(last.since(first), Some(Duration::from_secs(u64::MAX)));
    }
}
