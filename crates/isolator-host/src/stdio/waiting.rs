//! Where a thread may wait for a future, and how.
//!
//! An executor's worker must not be held by guest code that waits. On tokio's multi-thread runtime `block_in_place` says so
//! to the executor; on a current-thread runtime nobody else could finish what the thread waits for.

use crate::limits::Control;
use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Instant;

/// The thread must not wait: it is the only one that its executor has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotHere;

thread_local! {
    /// Whether the embedder (or this crate) said that this thread may wait.
    static ALLOWED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` on a thread that may wait although it looks like a thread of a current-thread executor: use it inside
/// `tokio::task::spawn_blocking`, so that guest code called in `f` can call asynchronous callbacks synchronously.
/// Elsewhere it is not needed: a thread without an executor may wait, and one of a multi-thread executor tells it.
pub fn allow_blocking<R>(f: impl FnOnce() -> R) -> R {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            ALLOWED.set(self.0);
        }
    }
    let _reset = Reset(ALLOWED.replace(true));
    f()
}

/// Runs `f`, which waits, if this thread may wait, and tells the executor.
#[cfg(feature = "tokio")]
pub(crate) fn where_allowed<R>(f: impl FnOnce() -> R) -> Result<R, NotHere> {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use tokio::runtime::{Handle, RuntimeFlavor};
    let Ok(executor) = Handle::try_current() else {
        return Ok(f());
    };
    if ALLOWED.get() {
        return Ok(f());
    }
    if executor.runtime_flavor() == RuntimeFlavor::CurrentThread {
        return Err(NotHere);
    }
    // Inside a `LocalSet` `block_in_place` panics before it calls anything, and there is no way to ask.
    let mut f = Some(f);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        tokio::task::block_in_place(|| f.take().map(|f| f()))
    }));
    match ran {
        Ok(Some(value)) => Ok(value),
        Err(panic) if f.is_none() => resume_unwind(panic),
        Ok(None) | Err(_) => Err(NotHere),
    }
}

/// Runs `f`, which waits. Without the feature `tokio` nothing is known of any executor.
#[cfg(not(feature = "tokio"))]
pub(crate) fn where_allowed<R>(f: impl FnOnce() -> R) -> Result<R, NotHere> {
    Ok(f())
}

/// The executor on which a callback was registered: timers and sockets of its futures belong to it.
#[derive(Clone, Default)]
pub(crate) struct Executor {
    #[cfg(feature = "tokio")]
    tokio: Option<tokio::runtime::Handle>,
}

impl Executor {
    /// The one that this thread is in, if it is in one.
    pub(crate) fn here() -> Self {
        Self {
            #[cfg(feature = "tokio")]
            tokio: tokio::runtime::Handle::try_current().ok(),
        }
    }

    /// Runs `f` in it, unless the thread is in one already.
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tokio")]
        let _entered = match &self.tokio {
            Some(tokio) if tokio::runtime::Handle::try_current().is_err() => Some(tokio.enter()),
            _ => None,
        };
        f()
    }
}

/// Wakes a thread that waits.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread for a future, until then at the latest; none if it was not ready then, or somebody cancelled. It is
/// dropped in its executor.
pub(crate) fn block_on<T>(
    executor: &Executor,
    mut future: Pin<Box<dyn Future<Output = T> + Send>>,
    until: Option<Instant>,
    control: &Control,
) -> Option<T> {
    let waker: Waker = Arc::new(Parked(std::thread::current())).into();
    let mut context = Context::from_waker(&waker);
    executor.enter(|| {
        control.parking(|| {
            let mut future = future.as_mut();
            loop {
                if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                    return Some(value);
                }
                if control.is_cancelled() {
                    return None;
                }
                // May return without a reason: then the future is polled without one, which it bears.
                match until.map(|until| until.saturating_duration_since(Instant::now())) {
                    None => std::thread::park(),
                    Some(left) if left.is_zero() => return None,
                    Some(left) => std::thread::park_timeout(left),
                }
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait<T>(executor: &Executor, future: impl Future<Output = T> + Send + 'static) -> T {
        block_on(
            executor,
            Box::pin(future),
            None,
            &Control::new(Arc::default()),
        )
        .unwrap()
    }

    #[test]
    fn a_future_that_is_never_ready_is_cut_off() {
        let until = Instant::now() + std::time::Duration::from_millis(5);
        let future = Box::pin(std::future::pending::<()>());
        let control = Control::new(Arc::default());
        assert_eq!(
            block_on(&Executor::here(), future, Some(until), &control),
            None
        );
        assert!(Instant::now() >= until);
    }

    #[test]
    fn a_thread_without_an_executor_waits() {
        let (send, receive) = std::sync::mpsc::channel::<Waker>();
        let mut first = true;
        let future = std::future::poll_fn(move |context| {
            if std::mem::take(&mut first) {
                send.send(context.waker().clone()).unwrap();
                Poll::Pending
            } else {
                Poll::Ready(7)
            }
        });
        let waking = std::thread::spawn(move || receive.recv().unwrap().wake());
        let value = where_allowed(|| wait(&Executor::here(), future));
        assert_eq!(value, Ok(7));
        waking.join().unwrap();
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn an_executor_with_one_thread_is_not_held() {
        use std::time::Duration;
        use tokio::runtime::Builder;
        let one = Builder::new_current_thread().enable_all().build().unwrap();
        let executor = one.block_on(async {
            assert_eq!(where_allowed(|| 1), Err(NotHere));
            assert_eq!(allow_blocking(|| where_allowed(|| 1)), Ok(1));
            assert_eq!(where_allowed(|| 1), Err(NotHere), "it is over");
            Executor::here()
        });
        let sleep = async || {
            tokio::time::sleep(Duration::from_millis(1)).await;
            3
        };
        let several = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        several.block_on(async {
            let here = Executor::here();
            assert_eq!(where_allowed(|| wait(&here, sleep())), Ok(3));
            let spawned =
                tokio::spawn(async move { where_allowed(|| wait(&Executor::here(), sleep())) });
            assert_eq!(spawned.await.unwrap(), Ok(3));
        });
        let local = tokio::task::LocalSet::new();
        several.block_on(local.run_until(async {
            assert_eq!(where_allowed(|| 1), Err(NotHere), "tokio forbids it there");
        }));
        let there = several.block_on(async { Executor::here() });
        // A thread of ours, with the futures of an executor.
        assert_eq!(where_allowed(|| wait(&there, sleep())), Ok(3));
        drop(executor);
    }
}
