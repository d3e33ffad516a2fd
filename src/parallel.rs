//! The same work on many items: on all cores with the feature `parallel`, else one after the other.
//! The results are the same, in the same order.

/// `work` on every item.
#[cfg(feature = "parallel")]
pub fn map<'a, T: Sync, R: Send>(
    items: &'a [T],
    work: impl Fn(&'a T) -> R + Sync + Send,
) -> Vec<R> {
    use rayon::prelude::*;
    items.par_iter().map(work).collect()
}

/// `work` on every item.
#[cfg(not(feature = "parallel"))]
pub fn map<'a, T, R>(items: &'a [T], work: impl Fn(&'a T) -> R) -> Vec<R> {
    items.iter().map(work).collect()
}

/// `work` on every item, which it takes.
#[cfg(feature = "parallel")]
pub fn map_owned<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    use rayon::prelude::*;
    items.into_par_iter().map(work).collect()
}

/// `work` on every item, which it takes.
#[cfg(not(feature = "parallel"))]
pub fn map_owned<T, R>(items: Vec<T>, work: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(work).collect()
}
