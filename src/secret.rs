//! A value that is wiped when it goes out of scope and can be neither printed nor copied.

use zeroize::Zeroize;

/// Holds a secret. It has no `Debug`, `Display`, `Clone`, `Copy` or serde on purpose; reading it
/// is one visible word, [`expose`](Secret::expose).
///
/// Only the value held here is wiped. Copies that the compiler makes in registers and on the
/// stack while computing with it are out of reach of safe Rust. The value is boxed: whatever holds
/// it can be moved, also by a vector that grows, and no copy is left where it was.
pub(crate) struct Secret<T: Zeroize>(Box<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes charge of `value`.
    pub(crate) fn new(value: T) -> Self {
        Self(Box::new(value))
    }

    /// The value. Everything that reads it must be constant-time in it.
    pub(crate) fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Secret<Vec<T>> {
    /// Gathers up to `capacity` items. All of the memory is taken at once: growing would leave unwiped copies
    /// of the first items behind.
    pub(crate) fn gather(capacity: usize, items: impl IntoIterator<Item = T>) -> Self {
        let mut gathered = Self::new(Vec::with_capacity(capacity));
        gathered.0.extend(items);
        debug_assert!(gathered.0.len() <= capacity);
        gathered
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
