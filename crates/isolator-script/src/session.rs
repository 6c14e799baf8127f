//! Sessions: submissions whose state goes from one to the next.

use crate::compiler::Compiler;
use crate::completion::{Completion, utf16_position};
use crate::diagnostic::Diagnostics;
use crate::directives::{self, Asked, Form};
use crate::error::{Error, Result};
use crate::host::ScriptHost;
use crate::loading::Link;
use crate::options::Source;
use crate::packages::Package;
use crate::prepare::{
    CHECK_SUBMISSION, COMPLETE_SUBMISSION, IS_COMPLETE, RESTORE_SESSION, SUBMISSION,
};
use crate::running::{Running, SharedLibraries};
use crate::submission::Submission;
use crate::wire::{Completions, Earlier, Outcome, Settings};
use isolator_host::{CancelHandle, OutputAccount, RuntimeBuilder, RuntimeStats};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// C# one submission after the other, as at a prompt: each finds the variables, methods, types and namespaces of those before it.
///
/// A session has two sandboxes: one with the compiler, one in which submissions run, with what was granted to it. A submission that does not compile changes nothing.
/// One that throws keeps what it did until then, as in C# interactive. One that is stopped, by a limit or by [`cancel_handle`](Self::cancel_handle), or that ends its
/// process, ends the session: it is used again after [`reset`](Self::reset).
///
/// ```no_run
/// # fn main() -> isolator_script::Result<()> {
/// # let scripts = isolator_script::ScriptHost::new()?;
/// let mut session = scripts.session(|builder| builder)?;
/// session.execute("var numbers = new List<int> { 1, 2, 3 };")?;
/// let submission = session.execute("numbers.Sum()")?;
/// assert_eq!((submission.result?, submission.value_text.as_deref()), (Some(6.into()), Some("6")));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Session {
    scripts: ScriptHost,
    running: Running,
    /// None: it ended, or was not needed yet. The next one takes up the session.
    compiler: Option<Compiler>,
    /// The submissions that count.
    texts: Vec<Counted>,
    /// Whether what the compiler compiled last counts.
    ran: bool,
    packages: Vec<Package>,
    libraries: SharedLibraries,
    cancel: SessionCancelHandle,
    /// Why it runs no more.
    ended: Option<String>,
}

/// A submission that counts, with what it loaded.
#[derive(Debug)]
struct Counted {
    text: String,
    /// Symbols that it defined for itself.
    preprocessor_symbols: Vec<String>,
    loaded: Vec<Source>,
    links: Vec<Link>,
}

/// Stops what a session does, from any thread: a compilation, after which the session goes on, or a run, which ends it. Where it does nothing, nothing happens.
#[derive(Debug, Clone, Default)]
pub struct SessionCancelHandle(Arc<Mutex<Option<CancelHandle>>>);

impl SessionCancelHandle {
    /// Stops it. What is under way is [`Error::Cancelled`](crate::Error::Cancelled), or a [`Submission`] whose result is
    /// [`isolator_host::Error::Cancelled`].
    pub fn cancel(&self) {
        let busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = &*busy {
            handle.cancel();
        }
    }

    /// Does something that the handle stops.
    fn during<T>(&self, handle: CancelHandle, work: impl FnOnce() -> T) -> T {
        let set = |handle| *self.0.lock().unwrap_or_else(PoisonError::into_inner) = handle;
        set(Some(handle));
        let done = work();
        set(None);
        done
    }
}

impl Counted {
    fn of(asked: Asked) -> Self {
        Self {
            text: asked.text().to_owned(),
            preprocessor_symbols: asked.said.preprocessor_symbols,
            loaded: asked.loaded,
            links: asked.links,
        }
    }
}

impl Session {
    pub(crate) fn new(
        scripts: ScriptHost,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Self> {
        let libraries = SharedLibraries::default();
        let running = Running::new(&scripts, &libraries, configure)?;
        Ok(Self {
            scripts,
            running,
            compiler: None,
            texts: Vec::new(),
            ran: false,
            packages: Vec::new(),
            libraries,
            cancel: SessionCancelHandle::default(),
            ended: None,
        })
    }

    /// Compiles a submission and runs it. Where its last expression has no semicolon, it has a value. `await` may stand anywhere in it.
    ///
    /// # Errors
    /// [`Error::Compile`], and what else [`Compiler::compile`](crate::Compiler::compile) gives: then nothing has changed. [`Error::SessionEnded`],
    /// [`Error::TooManySubmissions`]. How it ran is in [`Submission::result`].
    pub fn execute(&mut self, source: &str) -> Result<Submission> {
        self.check_alive()?;
        let most = self.scripts.max_submissions();
        if self.texts.len() >= most as usize {
            return Err(Error::TooManySubmissions { most });
        }
        let began = Instant::now();
        let (mut outcome, asked, packages) = self.ask(SUBMISSION, source)?;
        let diagnostics = asked.judge(outcome.diagnostics());
        let counted = Counted::of(asked);
        let name = format!("submission{}", self.texts.len() + 1);
        let mut submission = Submission {
            name,
            result: Ok(None),
            value: None,
            value_text: None,
            stdout: Vec::new(),
            stderr: Vec::new(),
            diagnostics,
            stats: self.running.stats(),
            compiling: began.elapsed(),
            running: Duration::ZERO,
        };
        let is_empty = outcome.is_empty;
        let image = outcome.image();
        if image.is_none() && !is_empty || submission.diagnostics.has_errors() {
            return Err(Error::Compile(submission.diagnostics));
        }
        self.libraries.set(&packages);
        self.packages = packages;
        let Some(image) = image else {
            self.count(counted);
            return Ok(submission);
        };
        let began = Instant::now();
        let number = self.texts.len() + 1;
        let handle = self.running.cancel_handle();
        let cancel = self.cancel.clone();
        let loaded = cancel.during(handle.clone(), || self.running.load(&image));
        submission.result = match loaded {
            Ok(()) => {
                self.count(counted);
                let named = (
                    &*outcome.assembly_name.unwrap_or_default(),
                    &*outcome.type_name.unwrap_or_default(),
                );
                let has_value = outcome.has_value;
                cancel.during(handle, || {
                    self.running.run(named, number, has_value, &mut submission)
                })
            }
            Err(error) => Err(error),
        };
        submission.running = began.elapsed();
        (submission.stdout, submission.stderr) = self.running.take_output();
        submission.stats = self.running.stats();
        if let (false, Err(error)) = (self.running.is_alive(), &submission.result) {
            self.ended = Some(error.to_string());
        }
        Ok(submission)
    }

    /// Says what is wrong with a submission, which does not run.
    ///
    /// # Errors
    /// As [`Compiler::check`](crate::Compiler::check).
    pub fn check(&mut self, source: &str) -> Result<Diagnostics> {
        let (mut outcome, asked, _) = self.ask(CHECK_SUBMISSION, source)?;
        Ok(asked.judge(outcome.diagnostics()))
    }

    /// Whether a text is a submission, and not the beginning of one that needs more lines. What is wrong in any case counts as one.
    ///
    /// # Errors
    /// As [`Compiler::check`](crate::Compiler::check).
    pub fn is_complete(&mut self, source: &str) -> Result<bool> {
        self.with_compiler(|compiler, _| {
            let options = compiler.options().clone();
            compiler.call(IS_COMPLETE, (source, Settings::of(&options, None, &[])))
        })
    }

    /// Says what can stand at a place in a submission: the bytes of its text before that place are `position`. The best come first.
    ///
    /// # Errors
    /// As [`Compiler::check`](crate::Compiler::check).
    pub fn complete(&mut self, source: &str, position: usize) -> Result<Vec<Completion>> {
        let (asked, packages) = self.asked(source)?;
        let position = utf16_position(source, position);
        let offered = self.scripts.offered();
        let found: Completions = self.with_compiler(|compiler, ran| {
            let settings = Settings::asked(&asked, &offered, &packages);
            compiler.call(COMPLETE_SUBMISSION, (asked.text(), position, settings, ran))
        })?;
        self.ran = false;
        Ok(found.list())
    }

    /// Stops from another thread what it does.
    #[must_use]
    pub fn cancel_handle(&self) -> SessionCancelHandle {
        self.cancel.clone()
    }

    /// Whether submissions can run. If not, [`reset`](Self::reset) helps.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.ended.is_none()
    }

    /// What its submissions have used so far, since it began or was reset; the compiler not counted.
    #[must_use]
    pub fn stats(&self) -> RuntimeStats {
        self.running.stats()
    }

    /// What its submissions have written counts here against [`Limits::max_output`](isolator_host::Limits::max_output), and what the embedder prints because of them, if
    /// it adds that. [`reset`](Self::reset) begins another account.
    #[must_use]
    pub fn output_account(&self) -> OutputAccount {
        self.running.output_account()
    }

    /// How many submissions count: those that were compiled and began to run.
    #[must_use]
    pub fn submissions(&self) -> usize {
        self.texts.len()
    }

    /// Begins anew, with the same grants: nothing is left of the submissions. Standard input goes on where it is, and is at its end if it is a reader.
    ///
    /// # Errors
    /// [`Error::Host`] if there is no room for a runtime.
    pub fn reset(&mut self) -> Result<()> {
        self.running.reset(&self.scripts)?;
        self.compiler = None;
        self.texts.clear();
        self.packages.clear();
        self.libraries.set(&[]);
        self.ran = false;
        self.ended = None;
        Ok(())
    }

    fn check_alive(&self) -> Result<()> {
        match &self.ended {
            None => Ok(()),
            Some(why) => Err(Error::SessionEnded { why: why.clone() }),
        }
    }

    /// A submission that ran, or began to.
    fn count(&mut self, submission: Counted) {
        self.texts.push(submission);
        self.ran = true;
    }

    /// What a submission asks for in its first lines, and all packages of the session then.
    fn asked(&self, source: &str) -> Result<(Asked, Vec<Package>)> {
        let named = Source::new(format!("submission{}", self.texts.len() + 1), source);
        let offered = self.scripts.offered();
        let options = self.scripts.options();
        let asked = directives::apply(options, &[named], &offered, Form::Submission)?;
        let mut packages = self.packages.clone();
        for package in offered.packages.resolve(&asked.packages)? {
            match packages
                .iter()
                .find(|known| known.name().eq_ignore_ascii_case(package.name()))
            {
                None => packages.push(package),
                Some(known) if known.version() == package.version() => {}
                Some(known) => {
                    let request = asked.packages.first();
                    return Err(Error::Directive {
                        file: request.map_or_else(String::new, |request| request.file.clone()),
                        line: request.map_or(1, |request| request.line),
                        message: format!(
                            "the session has {} {} already, and cannot have {} of it, too. Begin it anew, with `Session::reset`",
                            known.name(),
                            known.version(),
                            package.version()
                        ),
                    });
                }
            }
        }
        Ok((asked, packages))
    }

    fn ask(&mut self, what: &str, source: &str) -> Result<(Outcome, Asked, Vec<Package>)> {
        let (asked, packages) = self.asked(source)?;
        let offered = self.scripts.offered();
        let outcome = self.with_compiler(|compiler, ran| {
            let settings = Settings::asked(&asked, &offered, &packages);
            compiler.call(what, (asked.text(), settings, ran))
        })?;
        // It knows by now.
        self.ran = false;
        Ok((outcome, asked, packages))
    }

    /// Does something with the compiler. One that it ends is made anew when it is needed.
    fn with_compiler<T>(
        &mut self,
        work: impl FnOnce(&mut Compiler, bool) -> Result<T>,
    ) -> Result<T> {
        let cancel = self.cancel.clone();
        let mut compiler = match self.compiler.take() {
            Some(compiler) => compiler,
            None => self.begin_compiler(&cancel)?,
        };
        let ran = self.ran;
        let handle = compiler.cancel_handle();
        let outcome = cancel.during(handle, || work(&mut compiler, ran));
        // What ran out of memory has too little for what comes, too.
        let is_fine = !matches!(
            outcome,
            Err(Error::CompileLimit { .. } | Error::CompilerFault { .. } | Error::Host(_))
        );
        if is_fine && compiler.is_alive() {
            self.compiler = Some(compiler);
        }
        outcome
    }

    fn begin_compiler(&mut self, cancel: &SessionCancelHandle) -> Result<Compiler> {
        let mut compiler = self.scripts.compiler()?;
        self.ran = false;
        let offered = self.scripts.offered();
        let settings = Settings::of(
            self.scripts.options(),
            offered.functions.as_ref(),
            &self.packages,
        );
        let handle = compiler.cancel_handle();
        let texts: Vec<Earlier<'_>> = self
            .texts
            .iter()
            .map(|counted| {
                Earlier::of(
                    &counted.text,
                    &counted.preprocessor_symbols,
                    &counted.loaded,
                    &counted.links,
                )
            })
            .collect();
        let _: Outcome =
            cancel.during(handle, || compiler.call(RESTORE_SESSION, (texts, settings)))?;
        Ok(compiler)
    }
}
