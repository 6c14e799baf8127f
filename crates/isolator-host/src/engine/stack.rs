//! Native stack: guest code has one of its own, and host code stays on its caller's.
//!
//! Compiled guest code and the interpreter's C frames lie on the native stack, and recursion that alternates between them takes kilobytes a
//! level, so guest code gets far more stack than a thread has. Each thread keeps such a stack, of which only what was touched is memory, and
//! [`in_guest`] switches to it for each call of a guest's function; mapping one for each call would take a hundred times as long.
//! What a guest calls is run by [`on_host`] back on the caller's stack: an embedder's callback finds the stack that its thread
//! has, and a managed host, whose collector walks the frames of its threads, finds them in their order. A call that a callback makes into the
//! guest goes on below the guest's frames. The engine counts stack from the outermost entry and stops guest code after `wasm_stack` bytes.

use crate::engine::state::State;
use crate::error::{Error, Result};
use crate::settings::Setting;
use corosensei::on_stack;
use corosensei::stack::{DefaultStack, Stack};
#[cfg(not(windows))]
use corosensei::stack::{MIN_STACK_SIZE, StackPointer};
use std::cell::{Cell, RefCell};
use wasmtime::{AsContextMut, StoreContextMut};

/// Stack that host code has at least, on the thread's own stack or, where that is smaller, on one that is made for the call.
const HOST_RESERVE: usize = 1 << 20;

/// What a host's stack that is made for a call has on top of what is needed.
const SLACK: usize = 128 << 10;

/// Stack below the guest's for the engine's own functions, which guest code calls without leaving its stack.
const ENGINE_RESERVE: usize = 256 << 10;

/// Between the last frame on a stack and the first one that is put below it later. The frames of this module and of the switch lie
/// there, some hundred bytes.
const MARGIN: usize = 4 << 10;

/// What a stack that is not in use may keep of what was touched, in bytes.
const KEPT: usize = 256 << 10;

/// Uses of a stack after which what was touched below [`KEPT`] is given back, however short they were.
const LOOK: u8 = 64;

/// Most stacks that a thread keeps: one, and some for runtimes whose callbacks call other runtimes.
const MOST_KEPT: usize = 4;

thread_local! {
    static STACKS: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    /// Its address tells threads apart.
    static THREAD: Cell<u8> = const { Cell::new(0) };
}

/// A mark of this thread.
fn thread() -> usize {
    THREAD.with(|mark| std::ptr::from_ref(mark) as usize)
}

/// Where a runtime's guest and host are on their stacks. All zero while nothing runs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stacks {
    /// Where guest code was left, while host code runs that it called.
    guest: usize,
    /// The end of the guest's stack.
    end: usize,
    /// Where host code entered the guest.
    host: usize,
    /// The thread that did.
    thread: usize,
}

/// Bytes of a stack for guest code that may use so many, in whole pages.
fn size(wasm_stack: usize) -> usize {
    let below = ENGINE_RESERVE + if cfg!(windows) { HOST_RESERVE } else { 0 };
    wasm_stack.saturating_add(below).next_multiple_of(64 << 10)
}

/// A stack for guest code.
struct Kept {
    stack: DefaultStack,
    size: usize,
    uses: u8,
}

impl Kept {
    fn new(wasm_stack: usize) -> Result<Self> {
        let size = size(wasm_stack);
        let stack = DefaultStack::new(size).map_err(|error| Error::Engine {
            what: "make a stack for guest code",
            message: format!(
                "{size} bytes of address space for it cannot be had: {error}. Give less with {}",
                Setting::StackSize
            ),
        })?;
        let kept = Self {
            stack,
            size,
            uses: 0,
        };
        kept.only_small_pages();
        Ok(kept)
    }

    /// One of this thread's, or a new one.
    #[inline]
    fn take(wasm_stack: usize) -> Result<Self> {
        let size = size(wasm_stack);
        let kept = STACKS.with_borrow_mut(|stacks| match stacks.last() {
            Some(last) if last.size == size => stacks.pop(),
            _ => {
                let at = stacks.iter().rposition(|one| one.size == size)?;
                Some(stacks.swap_remove(at))
            }
        });
        match kept {
            Some(kept) => Ok(kept),
            None => Self::new(wasm_stack),
        }
    }

    /// Keeps it for the next call. `long`: it was in use for so long that much of it may have been touched.
    #[inline]
    fn give_back(mut self, long: bool) {
        self.uses += 1;
        if long || self.uses >= LOOK {
            self.uses = 0;
            self.trim();
        }
        // A thread that ends has none to keep it in.
        let _ = STACKS.try_with(|stacks| {
            let mut stacks = stacks.borrow_mut();
            if stacks.len() >= MOST_KEPT {
                stacks.swap_remove(0);
            }
            stacks.push(self);
        });
    }

    /// Gives the memory back that deep calls touched.
    #[cfg(unix)]
    fn trim(&self) {
        let from = self.stack.base().get().saturating_sub(self.size);
        let deep = self.size.saturating_sub(KEPT);
        // SAFETY: the pages are this stack's, which is not in use: `size` bytes below its base, whole pages, without the guard page. Their
        // content is of no use to anyone any more.
        let failed = unsafe { libc::madvise(from as *mut libc::c_void, deep, libc::MADV_DONTNEED) };
        debug_assert_eq!(failed, 0);
    }

    /// Elsewhere what was touched stays until the thread ends.
    #[cfg(not(unix))]
    fn trim(&self) {}

    /// A large page would be memory for two megabytes from the first byte on.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn only_small_pages(&self) {
        let from = self.stack.base().get().saturating_sub(self.size);
        // SAFETY: the pages are this stack's; this changes neither their content nor their protection. A kernel without large pages refuses,
        // which is as good.
        unsafe { libc::madvise(from as *mut libc::c_void, self.size, libc::MADV_NOHUGEPAGE) };
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn only_small_pages(&self) {}
}

/// A part of a stack: what lies below frames that wait.
#[cfg(not(windows))]
struct Below {
    base: StackPointer,
    end: StackPointer,
}

#[cfg(not(windows))]
impl Below {
    /// The end of a thread's own stack, which nobody asks for.
    const UNKNOWN: usize = 64;

    /// Below `at`, down to `end`.
    fn new(at: usize, end: usize) -> Option<Self> {
        let base = StackPointer::new(at.checked_sub(MARGIN)? & !63)?;
        let end = StackPointer::new(end & !63)?;
        (base.get() > end.get().saturating_add(MIN_STACK_SIZE)).then_some(Self { base, end })
    }
}

// SAFETY: it is a part of a stack that has a guard page at its end, and `new` leaves no less than the minimum. What lies above its base
// waits for it and is not touched.
#[cfg(not(windows))]
unsafe impl Stack for Below {
    fn base(&self) -> StackPointer {
        self.base
    }

    fn limit(&self) -> StackPointer {
        self.end
    }
}

/// The stack pointer, rounded: all frames that are live lie at or above it.
#[inline]
fn here() -> usize {
    psm::stack_pointer() as usize
}

/// Runs `f` where host code has [`HOST_RESERVE`] bytes of stack.
#[inline]
pub(crate) fn with_enough<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(HOST_RESERVE, HOST_RESERVE + SLACK, f)
}

/// Puts back where the stacks were before a call, also when a panic of the host comes through.
struct Before<'a, 'b> {
    store: &'a mut StoreContextMut<'b, State>,
    stacks: Stacks,
}

impl Drop for Before<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        self.store.data_mut().stacks = self.stacks;
    }
}

/// Runs `f`, which calls a function of the guest, on the guest's stack.
///
/// # Errors
/// [`Error::Nesting`] for a call from a callback that has no stack left or is not on the thread that the callback was called on;
/// [`Error::Engine`] if there is no room for a stack.
#[inline]
pub(crate) fn in_guest<T>(
    store: &mut StoreContextMut<'_, State>,
    f: impl FnOnce(&mut StoreContextMut<'_, State>) -> wasmtime::Result<T>,
) -> Result<wasmtime::Result<T>> {
    let state = store.data_mut();
    let stacks = state.stacks;
    if stacks.host != 0 {
        return in_guest_again(store, f);
    }
    let mut kept = Kept::take(state.shared.wasm_stack)?;
    let since = state.meter.ticker.ticks();
    state.stacks = Stacks {
        guest: 0,
        end: kept.stack.limit().get(),
        host: here(),
        thread: thread(),
    };
    let before = Before { store, stacks };
    let outcome = on_stack(&mut kept.stack, || f(before.store));
    let long = outcome.is_err() || before.store.data().meter.ticker.ticks() != since;
    drop(before);
    kept.give_back(long);
    Ok(outcome)
}

/// As [`in_guest`], in a function that the guest called.
fn in_guest_again<T>(
    store: &mut StoreContextMut<'_, State>,
    f: impl FnOnce(&mut StoreContextMut<'_, State>) -> wasmtime::Result<T>,
) -> Result<wasmtime::Result<T>> {
    let state = store.data_mut();
    let stacks = state.stacks;
    check_nested(state)?;
    #[cfg(not(windows))]
    if let Some(below) = Below::new(stacks.guest, stacks.end) {
        state.stacks = Stacks {
            guest: 0,
            host: here(),
            ..stacks
        };
        let before = Before { store, stacks };
        return Ok(on_stack(below, || f(before.store)));
    }
    // A function of the host's that runs on the guest's stack.
    Ok(f(store))
}

/// How much of its stack guest code has left, which called this without leaving it: in parts of a thousand.
pub(crate) fn left(state: &State) -> u32 {
    let stacks = state.stacks;
    let left = here().saturating_sub(stacks.end.saturating_add(size(0)));
    let parts = left.saturating_mul(1000) / state.shared.wasm_stack.max(1);
    u32::try_from(parts.min(1000)).unwrap_or(1000)
}

/// Checks whether a call from within a callback can be made.
#[inline]
pub(crate) fn check_nested(state: &State) -> Result<()> {
    let stacks = state.stacks;
    if stacks.host == 0 {
        return Ok(());
    }
    if stacks.thread != thread() {
        return Err(Error::Nesting {
            message: "the callback cannot call into its runtime from another thread than the one that it was called on".into(),
        });
    }
    let (at, of_host) = match stacks.guest {
        0 => (here(), usize::MAX),
        // As far as that is known.
        guest => (guest, stacker::remaining_stack().unwrap_or(usize::MAX)),
    };
    if at.saturating_sub(stacks.end) < ENGINE_RESERVE / 2 || of_host < HOST_RESERVE / 8 {
        return Err(Error::Nesting {
            message: "the callback cannot call into its runtime: the calls between guest and host, each in the one before, have used up the stack"
                .into(),
        });
    }
    Ok(())
}

/// Runs `f`, which a guest called, on the stack of the guest's caller.
///
/// On Windows it stays where it is, which has room for it: a stack's bounds are kept with the thread there.
#[inline]
pub(crate) fn on_host<C: AsContextMut<Data = State>, T>(
    caller: &mut C,
    f: impl FnOnce(&mut C) -> T,
) -> T {
    #[cfg(not(windows))]
    {
        let mut context = caller.as_context_mut();
        let state = context.data_mut();
        let stacks = state.stacks;
        // Else it was not called by a guest, or is there already.
        if stacks.host != 0
            && stacks.guest == 0
            && let Some(below) = Below::new(stacks.host, Below::UNKNOWN)
        {
            state.stacks.guest = here();
            let again = Again(caller);
            return on_stack(below, || f(again.0));
        }
    }
    f(caller)
}

/// The guest's stack is where code runs again, also when a panic comes through.
#[cfg(not(windows))]
struct Again<'a, C: AsContextMut<Data = State>>(&'a mut C);

#[cfg(not(windows))]
impl<C: AsContextMut<Data = State>> Drop for Again<'_, C> {
    #[inline]
    fn drop(&mut self) {
        self.0.as_context_mut().data_mut().stacks.guest = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store that nothing was instantiated in.
    fn store(wasm_stack: usize) -> wasmtime::Store<State> {
        let mut state = State::for_tests();
        if let Some(shared) = std::sync::Arc::get_mut(&mut state.shared) {
            shared.wasm_stack = wasm_stack;
        }
        wasmtime::Store::new(&wasmtime::Engine::default(), state)
    }

    /// Uses so much stack, and says where its lowest frame was.
    #[inline(never)]
    fn use_up(bytes: usize) -> usize {
        let frame = std::hint::black_box([1u8; 4096]);
        if bytes <= frame.len() {
            return frame.as_ptr() as usize;
        }
        let lowest = use_up(bytes - frame.len());
        std::hint::black_box(&frame);
        lowest
    }

    #[test]
    fn guest_code_has_its_stack_whatever_the_threads_is() {
        for size in [256 << 10, 2 << 20] {
            let thread = std::thread::Builder::new().stack_size(size);
            let far = thread.spawn(|| {
                let mut store = store(32 << 20);
                let top = here();
                let lowest = in_guest(&mut store.as_context_mut(), |_| Ok(use_up(30 << 20)));
                top.abs_diff(lowest.unwrap().unwrap())
            });
            assert!(far.unwrap().join().unwrap() > 29 << 20);
        }
    }

    #[test]
    fn what_a_guest_calls_runs_on_the_stack_of_its_caller_and_calls_in_go_on_below_the_guests_frames()
     {
        let mut store = store(4 << 20);
        let top = here();
        let near = move || top.abs_diff(here()) < 64 << 10;
        in_guest(&mut store.as_context_mut(), |store| {
            let guest = here();
            assert!(!near());
            on_host(store, |store| {
                assert!(near());
                // Already there.
                on_host(store, |_| assert!(near()));
                for _ in 0..2 {
                    in_guest(store, |store| {
                        assert!(here() < guest && guest - here() < 128 << 10);
                        on_host(store, |_| assert!(near()));
                        Ok(())
                    })
                    .unwrap()
                    .unwrap();
                    assert!(near());
                }
            });
            assert!(guest.abs_diff(here()) < 1024);
            Ok(())
        })
        .unwrap()
        .unwrap();
        assert_eq!(store.data().stacks.host, 0);
    }

    #[test]
    fn a_panic_of_the_host_comes_through_and_everything_is_as_before() {
        let mut store = store(4 << 20);
        for _ in 0..3 {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                in_guest(&mut store.as_context_mut(), |store| {
                    on_host(store, |store| {
                        in_guest(store, |store| -> wasmtime::Result<()> {
                            on_host(store, |_| panic!("of the callback"))
                        })
                    })
                    .unwrap()
                })
            }));
            let message = panicked.unwrap_err();
            assert_eq!(message.downcast_ref(), Some(&"of the callback"));
            assert_eq!(store.data().stacks.host, 0);
            assert_eq!(store.data().stacks.guest, 0);
        }
    }

    #[test]
    fn two_runtimes_of_one_thread_have_a_stack_each() {
        let (mut first, mut second) = (store(1 << 20), store(1 << 20));
        in_guest(&mut first.as_context_mut(), |first| {
            let outer = here();
            on_host(first, |_| {
                in_guest(&mut second.as_context_mut(), |_| {
                    assert!(here().abs_diff(outer) > 512 << 10);
                    Ok(())
                })
            })
            .unwrap()
        })
        .unwrap()
        .unwrap();
        assert!(STACKS.with_borrow(Vec::len) >= 2);
    }

    #[test]
    fn a_nested_call_from_another_thread_is_refused_and_one_from_another_stack_is_not() {
        let mut store = store(1 << 20);
        in_guest(&mut store.as_context_mut(), |store| {
            on_host(store, |store| {
                let stacks = store.data().stacks;
                let elsewhere = std::thread::spawn(move || {
                    let mut state = State::for_tests();
                    state.stacks = stacks;
                    check_nested(&state)
                });
                let elsewhere = elsewhere.join().unwrap();
                assert!(
                    matches!(elsewhere, Err(Error::Nesting { .. })),
                    "{elsewhere:?}"
                );
                stacker::grow(1 << 20, || check_nested(store.data())).unwrap();
            });
            Ok(())
        })
        .unwrap()
        .unwrap();
    }

    #[test]
    fn calls_that_nest_until_no_stack_is_left_are_refused() {
        fn deeper(store: &mut StoreContextMut<'_, State>, levels: usize) -> usize {
            let outcome = in_guest(store, |store| {
                Ok(on_host(store, |store| deeper(store, levels + 1)))
            });
            match outcome {
                Ok(deepest) => deepest.unwrap(),
                Err(error) => {
                    assert!(matches!(error, Error::Nesting { .. }), "{error}");
                    levels
                }
            }
        }
        let mut store = store(1 << 20);
        assert!(deeper(&mut store.as_context_mut(), 0) > 20);
    }

    /// Bytes of a stack that are in memory.
    #[cfg(target_os = "linux")]
    fn resident(kept: &Kept) -> usize {
        let mut pages = vec![0u8; kept.size / 4096];
        let from = kept.stack.base().get() - kept.size;
        // SAFETY: the range is the stack's, and there is a byte for each page of it.
        let failed =
            unsafe { libc::mincore(from as *mut libc::c_void, kept.size, pages.as_mut_ptr()) };
        assert_eq!(failed, 0);
        pages.iter().filter(|page| **page & 1 == 1).count() * 4096
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_deep_call_touched_is_given_back() {
        let size = 16 << 20;
        let look = |long: bool, uses: u8| {
            let mut kept = Kept::new(size).unwrap();
            kept.uses = uses;
            on_stack(&mut kept.stack, || use_up(8 << 20));
            assert!(resident(&kept) >= 8 << 20);
            kept.give_back(long);
            STACKS.with_borrow(|stacks| resident(stacks.last().unwrap()))
        };
        assert!(look(true, 0) <= KEPT);
        assert!(look(false, LOOK - 1) <= KEPT);
        // A short one is looked at later.
        assert!(look(false, 0) >= 8 << 20);
    }
}
