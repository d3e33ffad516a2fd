//! Futures that wait for nothing, as those over stores in memory are: no runtime is needed.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The result of a future that is ready at once.
#[allow(clippy::panic)]
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("a store in memory waits for something"),
    }
}
