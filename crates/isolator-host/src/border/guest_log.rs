//! How much guests make the host write to its log: lines of their own, and lines about what they did.

use crate::printable;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How many lines a guest may cause in a second; what is more is dropped, with one warning.
pub(crate) const LINES_PER_SECOND: u32 = 1000;

/// Longest text of a guest in a line, in bytes; the rest is cut.
pub(crate) const LONGEST_LINE: usize = 8192;

/// What of a text is written to the log: cut, on one line, and without what a terminal would obey.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    let cut = |text: &str| text.floor_char_boundary(LONGEST_LINE);
    let escaped = printable::line(text.get(..cut(text)).unwrap_or(text));
    match escaped {
        // Escaped it can be longer by far.
        Cow::Owned(mut long) => {
            long.truncate(cut(&long));
            Cow::Owned(long)
        }
        short => short,
    }
}

/// How much of [`LINES_PER_SECOND`] is used up. Whoever writes a line that a guest can cause again and again asks this first.
/// Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogBudget {
    /// Number of the runtime; none where it is not known.
    runtime: Option<u64>,
    used: Arc<Mutex<Used>>,
}

#[derive(Debug, Default)]
struct Used {
    second: Option<Instant>,
    lines: u32,
}

impl LogBudget {
    /// That of one runtime.
    pub(crate) fn of(runtime: u64) -> Self {
        Self {
            runtime: Some(runtime),
            used: Arc::default(),
        }
    }

    /// Whether a line may be written. If not, the first such line of a second is told of.
    pub(crate) fn allows(&self) -> bool {
        let first = match self.take() {
            Ok(()) => return true,
            Err(first) => first,
        };
        if first {
            tracing::warn!(
                target: "isolator::guest",
                runtime = self.runtime,
                "the guest causes more lines than are taken in a second; the rest is dropped"
            );
        }
        false
    }

    /// Takes one line. The error says whether it is the first that is too many.
    fn take(&self) -> Result<(), bool> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.second {
            Some(second) if second.elapsed().as_secs() == 0 => {}
            _ => {
                *used = Used {
                    second: Some(Instant::now()),
                    lines: 0,
                };
            }
        }
        used.lines = used.lines.saturating_add(1);
        if used.lines <= LINES_PER_SECOND {
            Ok(())
        } else {
            Err(used.lines == LINES_PER_SECOND + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test_guest::TestGuest;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    #[test]
    fn a_flood_of_lines_is_cut_with_one_warning() {
        let budget = LogBudget::default();
        let results: Vec<_> = (0..LINES_PER_SECOND + 5).map(|_| budget.take()).collect();
        // The clock may pass into another second once meanwhile.
        assert!(results.iter().filter(|r| **r == Err(true)).count() <= 1);
        assert!(results.iter().filter(|r| r.is_ok()).count() >= LINES_PER_SECOND as usize);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = format!("x{}", "é".repeat(LONGEST_LINE));
        assert_eq!(cut(&text).len(), LONGEST_LINE - 1);
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"\x1b".repeat(LONGEST_LINE)).len(), LONGEST_LINE);
    }

    #[test]
    fn a_line_holds_nothing_that_a_terminal_obeys() {
        assert_eq!(
            cut("\x1b[2J\nERROR forged\u{202e}"),
            r"\u001b[2J\nERROR forged\u202e"
        );
    }

    /// Counts lines and the bytes of their texts.
    #[derive(Default)]
    struct Counts {
        lines: AtomicUsize,
        longest: AtomicUsize,
    }

    struct Counting(Arc<Counts>);

    impl Visit for Counting {
        fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
            let length = format!("{value:?}").len();
            self.0.longest.fetch_max(length, Ordering::Relaxed);
        }
    }

    impl Subscriber for Counting {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= Level::DEBUG && metadata.target().starts_with("isolator")
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            self.0.lines.fetch_add(1, Ordering::Relaxed);
            event.record(&mut Counting(self.0.clone()));
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    /// What a guest whose `invoke-raw` runs this body 20,000 times, with the name `argument`, makes the host log.
    fn lines(body: &str, argument: &str) -> Counts {
        let body = format!(
            "(local $round i32) (loop $again {body} (local.set $round (i32.add (local.get $round) (i32.const 1))) \
             (br_if $again (i32.lt_u (local.get $round) (i32.const 20000)))) \
             (i32.store8 (i32.const 1024) (i32.const 0)) (i32.store (i32.const 1028) (i32.const 1)) \
             (i32.store (i32.const 1032) (i32.const 0)) (i32.const 1024)"
        );
        let directory = tempfile::tempdir().unwrap();
        // It is there and cannot be read.
        std::fs::create_dir(directory.path().join("folder.dll")).unwrap();
        // Memory that is allocated for answers is used again; that of the argument stays.
        let guest = TestGuest::with(&[
            ("invoke-raw", &body),
            (
                "cabi_realloc",
                "(select (i32.const 65536) (i32.const 131072) (i32.lt_u (local.get 3) (i32.const 16)))",
            ),
        ]);
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        let (_root, host) = guest.host_with(|builder| {
            let builder = builder.assembly_directory(directory.path()).unwrap();
            builder
                .callback("add", |a: i32, b: i32| a + b)
                .bytes_callback("fails", |_, _| Err("no".repeat(LONGEST_LINE)))
                .async_callback("never", || {
                    let bomb = Bomb;
                    async move {
                        std::future::pending::<()>().await;
                        drop(bomb);
                    }
                })
        });
        let mut runtime = host.create_runtime().unwrap();
        let method = runtime.find_method("A", "T", "M").unwrap();
        let counts = Arc::new(Counts::default());
        tracing::subscriber::with_default(Counting(counts.clone()), || {
            let outcome = runtime.invoke_raw(&method, None, argument.as_bytes());
            assert!(outcome.is_ok(), "{outcome:?}");
        });
        drop(runtime);
        Arc::into_inner(counts).unwrap()
    }

    #[test]
    fn whatever_a_guest_does_again_and_again_the_log_is_bounded() {
        let call = "(call $host_call (local.get 2) (local.get 3) (local.get 2) (local.get 3) (i32.const 2048))";
        let resolve = "(call $host_resolve_assembly (local.get 2) (local.get 3) (i32.const 1) (i32.const 0) (i32.const 2048))";
        let start = "(i32.store8 (i32.const 3000) (i32.const 0x90)) \
            (call $host_start_call (i64.const 1) (local.get 2) (local.get 3) (i32.const 3000) (i32.const 1) (i32.const 2048)) \
            (call $host_cancel_call (i64.const 1))";
        for (body, argument) in [
            (call, "add"),
            (call, "fails"),
            (start, "never"),
            (resolve, "a/b"),
            (resolve, "folder"),
            (resolve, "nothing"),
        ] {
            let began = Instant::now();
            let counts = lines(body, argument);
            let seconds = began.elapsed().as_secs() as usize + 2;
            let (lines, longest) = (counts.lines.into_inner(), counts.longest.into_inner());
            // A directory of assemblies, which all runtimes share, has a budget of its own. Some lines are the host's.
            let most = seconds * 2 * (LINES_PER_SECOND as usize + 1) + 20;
            assert!(lines <= most && lines >= 100, "{argument}: {lines} lines");
            assert!(longest <= LONGEST_LINE + 200, "{argument}: {longest}");
        }
    }
}
