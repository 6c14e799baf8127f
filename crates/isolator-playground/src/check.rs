//! What is wrong with a source while it is written, and what could come next: asked of compilers that live on.

use crate::run::{SOURCE, milliseconds};
use isolator_script::{Compiler, Completion, Diagnostics, Error, Position, ScriptHost, Source};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Compilers at once. One more question waits.
pub const CHECKS_AT_ONCE: usize = 2;
/// Questions that wait. One more is refused.
const MOST_WAITING: usize = 8;
/// So long a compiler lives that nobody asks.
const IDLE: Duration = Duration::from_secs(120);
/// One that took more memory is made anew: it would run into its limit in the middle of somebody's line.
const MOST_MEMORY: u64 = 256 << 20;

/// A source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its text.
    pub text: String,
}

/// What is wrong with it.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// With ranges as in the Language Server Protocol.
    #[serde(flatten)]
    pub diagnostics: Diagnostics,
    /// Why the compiler could not say.
    pub problem: Option<String>,
    /// How long it took.
    pub milliseconds: f64,
}

/// A place in a source, at which something is to be written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The source.
    pub text: String,
    /// UTF-16 units before it, as scripts count.
    pub position: usize,
}

/// What can be written there.
#[derive(Debug, Serialize)]
pub struct Completed {
    completions: Vec<Completion>,
}

/// Compilers that live on from one question to the next.
pub struct Compilers {
    scripts: ScriptHost,
    idle: Mutex<Vec<(Compiler, Instant)>>,
    room: Semaphore,
    waiting: Semaphore,
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Too many were asked.
    Busy,
    /// The compiler says so, or it was given up.
    Failed(Error),
}

/// Stops what is under way when the one who asked is gone.
struct Asked(Arc<Stop>);

#[derive(Default)]
struct Stop(Mutex<(bool, Option<isolator_host::CancelHandle>)>);

impl Stop {
    fn parts(&self) -> MutexGuard<'_, (bool, Option<isolator_host::CancelHandle>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a compiler; whether there is still somebody who wants it to work.
    fn watch(&self, compiler: &mut Compiler) -> bool {
        let mut parts = self.parts();
        parts.1 = Some(compiler.cancel_handle());
        !parts.0
    }

    /// The compiler has answered, and is not to be stopped any more; whether it was.
    fn leave(&self) -> bool {
        let mut parts = self.parts();
        parts.1 = None;
        parts.0
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut parts = self.0.parts();
        parts.0 = true;
        if let Some(compiler) = parts.1.take() {
            compiler.cancel();
        }
    }
}

impl Compilers {
    /// None lives yet.
    pub fn new(scripts: &ScriptHost) -> Arc<Self> {
        Arc::new(Self {
            scripts: scripts.clone(),
            idle: Mutex::default(),
            room: Semaphore::new(CHECKS_AT_ONCE),
            waiting: Semaphore::new(MOST_WAITING),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Compiler, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a compiler. Where the caller gives this up, the compiler is stopped.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Compiler) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let waiting = self.waiting.try_acquire();
        let waiting = waiting.map_err(|_| Unanswered::Busy)?;
        // It is closed never.
        let _room = self.room.acquire().await.map_err(|_| Unanswered::Busy)?;
        drop(waiting);
        let stop = Arc::new(Stop::default());
        let asked = Asked(stop.clone());
        let compilers = self.clone();
        let answer = tokio::task::spawn_blocking(move || compilers.answer(&stop, question));
        let answer = answer.await;
        drop(asked);
        match answer {
            Ok(answer) => answer.map_err(Unanswered::Failed),
            // It panicked, which was printed.
            Err(error) => Err(Unanswered::Failed(Error::CompilerFault {
                message: error.to_string(),
            })),
        }
    }

    fn answer<T>(
        &self,
        stop: &Stop,
        question: impl FnOnce(&mut Compiler) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let known = self.idle().pop();
        let mut compiler = match known {
            Some((compiler, _)) => compiler,
            None => self.scripts.compiler()?,
        };
        if !stop.watch(&mut compiler) {
            return Err(Error::Cancelled);
        }
        let answer = question(&mut compiler);
        // One that failed may be dead, and one that was stopped is.
        if !stop.leave() && answer.is_ok() && compiler.stats().peak_memory <= MOST_MEMORY {
            self.idle().push((compiler, Instant::now()));
        }
        answer
    }

    /// Ends those that nobody has asked for long.
    pub fn end_idle(&self) {
        self.idle().retain(|(_, since)| since.elapsed() < IDLE);
    }

    /// Says what is wrong with a source.
    ///
    /// # Errors
    /// Too many were asked.
    pub async fn check(self: &Arc<Self>, text: String) -> Result<Checked, Unanswered> {
        let began = Instant::now();
        let lines = text.lines().count();
        let answer = self
            .ask(move |compiler| compiler.check(&[Source::new(SOURCE, text)]))
            .await;
        let (diagnostics, problem) = match answer {
            Ok(diagnostics) => (diagnostics, None),
            Err(Unanswered::Busy) => return Err(Unanswered::Busy),
            Err(Unanswered::Failed(error)) => match of_line(&error, lines) {
                Some(diagnostics) => (diagnostics, None),
                None => (Diagnostics::default(), Some(error.to_string())),
            },
        };
        Ok(Checked {
            diagnostics,
            problem,
            milliseconds: milliseconds(began.elapsed()),
        })
    }

    /// Says what can be written at a place. What the compiler cannot say is nothing.
    ///
    /// # Errors
    /// Too many were asked.
    pub async fn complete(self: &Arc<Self>, place: Place) -> Result<Completed, Unanswered> {
        let at = byte_at(&place.text, place.position);
        let source = [Source::new(SOURCE, place.text)];
        let answer = self
            .ask(move |compiler| compiler.complete(&source, 0, at))
            .await;
        let completions = match answer {
            Ok(completions) => completions,
            Err(Unanswered::Busy) => return Err(Unanswered::Busy),
            Err(Unanswered::Failed(_)) => Vec::new(),
        };
        Ok(Completed { completions })
    }
}

/// The byte at which a place is.
fn byte_at(text: &str, position: usize) -> usize {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if units >= position {
            return byte;
        }
        units += character.len_utf16();
    }
    text.len()
}

/// What is said to who writes Rust, for who writes on the page.
pub fn in_words_of_the_page(text: &str) -> String {
    text.replace(
        ". Name one, with `ScriptHostBuilder::load_folder`",
        ": put all of the code into this source",
    )
    .replace("`ScriptHostBuilder::package_folder`", "`--packages`")
    .replace("`ScriptHostBuilder::allow_package`", "`--allow-package`")
    .replace("`ScriptHostBuilder::library`", "`--library`")
}

/// What is wrong with a line that asks for something, in a source of so many lines: all of that line.
pub fn of_line(error: &Error, lines: usize) -> Option<Diagnostics> {
    let Error::Directive { line, message, .. } = error else {
        return None;
    };
    let line = (*line).min(lines.saturating_add(1));
    let mut told = Diagnostics::of_directive(SOURCE, line, in_words_of_the_page(message));
    for told in &mut told.list {
        told.range.end = Position {
            line: told.range.start.line.saturating_add(1),
            character: 0,
        };
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_scripts_count_them() {
        let bytes: Vec<usize> = (0..=6).map(|at| byte_at("aä😀b", at)).collect();
        assert_eq!(bytes, [0, 1, 3, 7, 7, 8, 8]);
    }
}
