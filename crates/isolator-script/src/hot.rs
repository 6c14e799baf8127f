//! Scripts that run again and again: in the background they are loaded once for all that come, and those that compute long are compiled ahead.

use crate::compilation::{Compilation, Compiled};
use crate::running::{find, libraries};
use isolator_compile::HostCompiler;
use isolator_host::{
    AppSnapshot, AssemblyImage, AssemblyRequest, IsolatedRuntimeHost, Limits, RuntimeBuilder,
    SnapshotForm,
};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Starts of a script after which it is loaded once for all.
const OFTEN: u32 = 2;
/// Time of a processor that all runs of a script take before it is compiled ahead.
const LONG: Duration = Duration::from_secs(1);
/// Starts after which it is, however little it computes.
const VERY_OFTEN: u32 = 200;
/// Bytes of what is copied into each runtime. Copying more takes longer than loading.
const MOST_COPIED: u64 = 8 << 20;
/// Scripts that are loaded once: those that were last.
const MOST: usize = 64;
/// Time in which a script is loaded.
const LOADING: Duration = Duration::from_secs(10);

/// How a compilation was used, and what was made of that.
#[derive(Debug, Default)]
pub(crate) struct Heat(Mutex<Used>);

#[derive(Debug, Default)]
struct Used {
    starts: u32,
    cpu: Duration,
    /// What was asked for, and need not be again.
    asked_to_load: bool,
    asked_to_compile: bool,
    /// The assembly with its compiled code.
    image: Option<AssemblyImage>,
    loaded: Option<Loaded>,
}

/// A runtime in which a script is loaded, as others start from it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub snapshot: AppSnapshot,
    /// Under what name the assembly is kept.
    pub name: Arc<str>,
}

impl Heat {
    fn used(&self) -> std::sync::MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is a runtime to start from.
    pub fn is_loaded(&self) -> bool {
        self.used().loaded.is_some()
    }

    /// The assembly with its compiled code, if there is that by now.
    pub fn image(&self) -> Option<AssemblyImage> {
        self.used().image.clone()
    }
}

impl Used {
    /// What is to be done, if that is due.
    fn due(&mut self) -> Vec<Work> {
        let mut due = Vec::new();
        if !self.asked_to_load && self.starts >= OFTEN {
            self.asked_to_load = true;
            due.push(Work::Load);
        }
        if !self.asked_to_compile && (self.cpu >= LONG || self.starts >= VERY_OFTEN) {
            self.asked_to_compile = true;
            due.push(Work::Compile);
        }
        due
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Load,
    Compile,
}

type Job = (Work, Weak<Compiled>);

/// What does it.
pub(crate) struct Hot {
    /// None before there is something to do, and where no thread can be started.
    jobs: Mutex<Option<Sender<Job>>>,
    place: Arc<Place>,
}

/// Where scripts run.
pub(crate) struct Place {
    pub host: IsolatedRuntimeHost,
    /// What runs begin with, beside what the host says.
    pub warm: Option<AppSnapshot>,
    pub libraries: Arc<Vec<(String, AssemblyImage)>>,
}

impl Hot {
    pub fn new(place: &Arc<Place>) -> Self {
        Self {
            jobs: Mutex::default(),
            place: place.clone(),
        }
    }

    /// Notes that a runtime is begun for this one. The result is what it can start from.
    pub fn begin(&self, compilation: &Compilation) -> Option<Loaded> {
        let (loaded, due) = {
            let mut used = compilation.heat().used();
            used.starts = used.starts.saturating_add(1);
            (used.loaded.clone(), used.due())
        };
        self.give(compilation, due);
        loaded
    }

    /// Notes what a run took.
    pub fn ran(&self, compilation: &Compilation, cpu: Duration) {
        let due = {
            let mut used = compilation.heat().used();
            used.cpu = used.cpu.saturating_add(cpu);
            used.due()
        };
        self.give(compilation, due);
    }

    /// Interprets a script again that was compiled ahead: it throws, and traces of compiled code have no lines.
    pub fn cool_down(&self, compilation: &Compilation) {
        let was_loaded = {
            let mut used = compilation.heat().used();
            used.image = None;
            used.loaded.take().is_some()
        };
        if was_loaded {
            self.give(compilation, vec![Work::Load]);
        }
    }

    fn give(&self, compilation: &Compilation, due: Vec<Work>) {
        if due.is_empty() {
            return;
        }
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match &*jobs {
            Some(sender) => sender,
            None => {
                let (sender, receiver) = channel();
                let place = self.place.clone();
                let started = std::thread::Builder::new()
                    .name("isolator hot scripts".into())
                    .spawn(move || Worker::new(place).run(&receiver));
                if let Err(error) = started {
                    tracing::warn!(%error, "scripts that run often stay as slow as they are: no thread can be started for them");
                    return;
                }
                jobs.insert(sender)
            }
        };
        for work in due {
            // It ends with this host.
            let _ended = sender.send((work, compilation.downgrade()));
        }
    }
}

/// The thread.
struct Worker {
    place: Arc<Place>,
    compiler: Option<HostCompiler>,
    /// Whether it can be had.
    has_tools: bool,
    /// What is loaded once, in the order in which that was done.
    loaded: VecDeque<Weak<Compiled>>,
}

impl Worker {
    fn new(place: Arc<Place>) -> Self {
        Self {
            place,
            compiler: None,
            has_tools: true,
            loaded: VecDeque::new(),
        }
    }

    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok((work, compilation)) = jobs.recv() {
            // Nobody can run it any more.
            let Some(compilation) = compilation.upgrade() else {
                continue;
            };
            match work {
                Work::Load => self.load(&compilation),
                Work::Compile => self.compile(&compilation),
            }
        }
    }

    fn load(&mut self, compilation: &Arc<Compiled>) {
        let made = match self.place.load(compilation) {
            Ok(made) => made,
            Err(error) => {
                tracing::debug!(%error, "a script that runs often is loaded by each run");
                return;
            }
        };
        let copied = made.snapshot.copied();
        if copied > MOST_COPIED {
            tracing::debug!(
                copied,
                "a script that runs often is loaded by each run: it is large"
            );
            return;
        }
        tracing::debug!(copied, "a script that runs often was loaded once for all");
        let again = {
            let mut used = compilation.heat.used();
            used.loaded.replace(made).is_some()
        };
        if again {
            return;
        }
        let own = Arc::downgrade(compilation);
        // One that cooled down meanwhile is among them.
        self.loaded.retain(|other| !other.ptr_eq(&own));
        self.loaded.push_back(own);
        if self.loaded.len() > MOST
            && let Some(oldest) = self.loaded.pop_front()
            && let Some(oldest) = oldest.upgrade()
        {
            let mut used = oldest.heat.used();
            used.loaded = None;
            (used.asked_to_load, used.starts) = (false, 0);
        }
    }

    fn compile(&mut self, compilation: &Arc<Compiled>) {
        if self.compiler.is_none() && self.has_tools {
            match HostCompiler::new(&self.place.host) {
                Ok(compiler) => self.compiler = Some(compiler),
                Err(error) => {
                    self.has_tools = false;
                    tracing::debug!(%error, "scripts that run often are not compiled ahead");
                }
            }
        }
        let Some(compiler) = &self.compiler else {
            return;
        };
        let others: Vec<AssemblyImage> = libraries(&compilation.packages)
            .into_iter()
            .chain(self.place.libraries.iter().cloned())
            .map(|(_, image)| image)
            .collect();
        let prepared = compiler.compile_against(&compilation.image, &others);
        match prepared.compiled {
            Ok(_) => {
                tracing::debug!(
                    assembly = prepared.assembly,
                    "a script that runs often was compiled ahead"
                );
                compilation.heat.used().image = Some(prepared.image);
                self.load(compilation);
            }
            Err(error) => {
                tracing::debug!(%error, "a script that runs often cannot be compiled ahead");
            }
        }
    }
}

impl Place {
    /// What each run begins as, before anybody says what it may have.
    pub fn runtime(&self) -> RuntimeBuilder {
        let mut builder = self.host.runtime();
        if let Some(warm) = &self.warm {
            builder = builder.from(warm);
        }
        if self.libraries.is_empty() {
            return builder;
        }
        let libraries = self.libraries.clone();
        builder.assembly_loader(move |request: &AssemblyRequest| find(&libraries, request))
    }

    fn load(&self, compilation: &Compiled) -> isolator_host::Result<Loaded> {
        let packages = libraries(&compilation.packages);
        let image = compilation.heat.image();
        let image = image.as_ref().unwrap_or(&compilation.image);
        // Its own, as the one who runs it may start it from a snapshot of theirs.
        let name = format!("isolator.script.{}", blake3::hash(&image.image));
        let snapshot = self
            .runtime()
            .assembly_loader(move |request: &AssemblyRequest| find(&packages, request))
            .limits(Limits::default().call_timeout(LOADING))
            .snapshot_form(SnapshotForm::Delta)
            .snapshot(|runtime| {
                let assembly = runtime.load_assembly_image(image)?;
                runtime.keep(&*name, &assembly)
            })?;
        Ok(Loaded {
            snapshot,
            name: name.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_often_is_loaded_and_what_takes_long_is_compiled() {
        let mut used = Used::default();
        assert_eq!(used.due(), []);
        used.starts = OFTEN;
        assert_eq!(used.due(), [Work::Load]);
        // Once.
        assert_eq!(used.due(), []);
        used.cpu = LONG;
        assert_eq!(used.due(), [Work::Compile]);
        used.starts = VERY_OFTEN;
        assert_eq!(used.due(), []);
        let mut used = Used {
            starts: VERY_OFTEN,
            ..Used::default()
        };
        assert_eq!(used.due(), [Work::Load, Work::Compile]);
    }
}
