//! Scripts that run again and again: in the background they are loaded once for all that come, and those that compute long are compiled ahead.

use crate::compilation::{Compilation, Compiled};
use crate::running::{find, libraries};
use isolator_compile::{HostCompiler, ToolLimits, Tools};
use isolator_host::{
    AppSnapshot, AssemblyImage, AssemblyRequest, Compiled as Mode, IsolatedRuntimeHost, Limits,
    RuntimeBuilder, SnapshotForm,
};
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

/// Under what name an assembly is kept in the snapshot in which it is loaded.
pub(crate) const SCRIPT: &str = "isolator.script";
/// Starts of a script after which it is loaded once for all.
const OFTEN: u32 = 2;
/// Time of a processor that all runs of a script take before it is compiled ahead.
const LONG: Duration = Duration::from_secs(1);
/// Starts after which it is, however little it computes.
const VERY_OFTEN: u32 = 200;
/// Bytes of what is copied into each runtime. Copying more takes longer than loading.
const MOST_COPIED: u64 = 4 << 20;
/// Bytes of what all scripts together have copied, of which the oldest make room.
const MOST_READY: u64 = 64 << 20;
/// Time in which a script is loaded.
const LOADING: Duration = Duration::from_secs(10);
/// Failures after which nobody tries again.
const PATIENCE: u32 = 3;
/// Scripts that wait for their turn. Others may ask again.
const WAITING: usize = 64;
/// Time that each tool may take for a script: nobody waits for it, but others are behind it.
const TOOL_TIME: Duration = Duration::from_secs(30);

/// How a compilation was used, and what was made of that.
#[derive(Debug, Default)]
pub(crate) struct Heat(Mutex<Used>);

#[derive(Debug, Default)]
struct Used {
    /// The host that counts: the first one that ran it.
    owner: Option<Weak<Shared>>,
    starts: u32,
    cpu: Duration,
    /// What was asked for, and need not be again.
    asked_to_load: bool,
    asked_to_compile: bool,
    failed: u32,
    /// What there is.
    ready: Ready,
}

/// What a run can begin with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ready {
    /// The assembly with its compiled code.
    pub image: Option<AssemblyImage>,
    /// A runtime in which it is loaded, and kept as [`SCRIPT`].
    pub loaded: Option<AppSnapshot>,
}

impl Heat {
    fn used(&self) -> MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is a runtime to start from.
    pub fn is_loaded(&self) -> bool {
        self.used().ready.loaded.is_some()
    }
}

impl Used {
    /// What is to be done, if that is due.
    fn due(&mut self) -> Vec<Work> {
        let mut due = Vec::new();
        if !self.asked_to_load && self.starts >= OFTEN && self.failed < PATIENCE {
            self.asked_to_load = true;
            due.push(Work::Load);
        }
        if !self.asked_to_compile && (self.cpu >= LONG || self.starts >= VERY_OFTEN) {
            self.asked_to_compile = true;
            due.push(Work::Compile);
        }
        due
    }

    /// Whether it is this host that counts.
    fn is_of(&mut self, host: &Arc<Shared>) -> bool {
        let host = Arc::downgrade(host);
        let owner = self.owner.get_or_insert_with(|| host.clone());
        owner.ptr_eq(&host)
    }

    /// What was asked for may be asked for again, by starts that are still to come.
    fn forget(&mut self, work: Work) {
        match work {
            Work::Load => (self.asked_to_load, self.starts) = (false, 0),
            Work::Compile => (self.asked_to_compile, self.cpu) = (false, Duration::ZERO),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Load,
    Compile,
}

/// What does it.
pub(crate) struct Hot {
    shared: Arc<Shared>,
    /// Loading takes milliseconds, and waits for nobody's compilation.
    loading: Lane,
    compiling: Lane,
}

/// Where scripts run, and what is ready of them.
struct Shared {
    place: Arc<Place>,
    /// What is loaded once, with what it copies, in the order in which that was done.
    loaded: Mutex<VecDeque<(Weak<Compiled>, u64)>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
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
            shared: Arc::new(Shared {
                place: place.clone(),
                loaded: Mutex::default(),
            }),
            loading: Lane::default(),
            compiling: Lane::default(),
        }
    }

    /// Notes that a runtime is begun for this one. The result is what it can start from.
    pub fn begin(&self, compilation: &Compilation) -> Ready {
        let (ready, due) = {
            let mut used = compilation.heat().used();
            if !used.is_of(&self.shared) {
                return Ready::default();
            }
            used.starts = used.starts.saturating_add(1);
            (used.ready.clone(), used.due())
        };
        self.give(compilation, due);
        ready
    }

    /// Notes what a run took, and whether it let an exception escape.
    pub fn ran(&self, compilation: &Compilation, cpu: Duration, threw: bool) {
        let due = {
            let mut used = compilation.heat().used();
            if !used.is_of(&self.shared) {
                return;
            }
            if threw && used.ready.image.is_some() {
                // Traces of compiled code have no lines: it is interpreted from now on.
                used.ready = Ready::default();
                used.forget(Work::Load);
            }
            used.cpu = used.cpu.saturating_add(cpu);
            used.due()
        };
        self.give(compilation, due);
    }

    fn give(&self, compilation: &Compilation, due: Vec<Work>) {
        for work in due {
            let lane = match work {
                Work::Load => &self.loading,
                // Nobody wants compiled code there, and no tools.
                Work::Compile if self.shared.place.host.compiled() == Mode::Off => continue,
                Work::Compile => &self.compiling,
            };
            if !lane.give(work, &self.shared, compilation.downgrade()) {
                compilation.heat().used().forget(work);
            }
        }
    }
}

/// A thread that does one kind of work, once there is some.
#[derive(Default)]
struct Lane(Mutex<Option<Running>>);

struct Running {
    jobs: SyncSender<Weak<Compiled>>,
    thread: JoinHandle<()>,
    is_idle: Arc<AtomicBool>,
}

impl Lane {
    /// False: there is no room, or no thread.
    fn give(&self, work: Work, shared: &Arc<Shared>, script: Weak<Compiled>) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match &*running {
            Some(running) => running,
            None => match Running::start(work, shared.clone()) {
                Ok(started) => running.insert(started),
                Err(error) => {
                    tracing::debug!(%error, "scripts that run often stay as they are: no thread can be started for them");
                    return false;
                }
            },
        };
        running.jobs.try_send(script).is_ok()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let running = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(Running {
            jobs,
            thread,
            is_idle,
        }) = running.take()
        else {
            return;
        };
        drop(jobs);
        // One that waits for work ends at once, and takes what it has on the disk along. Nobody waits for one that works: it ends behind that.
        if is_idle.load(Ordering::Acquire) && thread.thread().id() != std::thread::current().id() {
            let _ended = thread.join();
        }
    }
}

impl Running {
    fn start(work: Work, shared: Arc<Shared>) -> std::io::Result<Self> {
        let (jobs, receiver) = sync_channel(WAITING);
        let is_idle = Arc::new(AtomicBool::new(true));
        let idle = is_idle.clone();
        let name = match work {
            Work::Load => "isolator scripts",
            Work::Compile => "isolator compile",
        };
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || match work {
                Work::Load => each(&receiver, &idle, |script| shared.load(script)),
                Work::Compile => {
                    let found = OnceCell::new();
                    each(&receiver, &idle, |script| {
                        if let Some(compiler) = found.get_or_init(|| compiler(&shared.place.host)) {
                            shared.compile(compiler, script);
                        }
                    });
                }
            })?;
        Ok(Self {
            jobs,
            thread,
            is_idle,
        })
    }
}

/// Does something with each script that comes, as long as somebody can run it.
fn each(
    jobs: &Receiver<Weak<Compiled>>,
    is_idle: &AtomicBool,
    mut work: impl FnMut(&Arc<Compiled>),
) {
    while let Ok(script) = jobs.recv() {
        is_idle.store(false, Ordering::Release);
        if let Some(script) = script.upgrade() {
            work(&script);
        }
        is_idle.store(true, Ordering::Release);
    }
}

/// The compiler, if its tools are here. What is not here is not fetched: that is for who asks for it.
fn compiler(host: &IsolatedRuntimeHost) -> Option<HostCompiler> {
    let found = Tools::at_hand(host.dotnet_version(), &[])
        .and_then(|tools| HostCompiler::with_tools(host, tools));
    match found {
        Ok(compiler) => Some(compiler.limits(ToolLimits {
            time: TOOL_TIME,
            ..ToolLimits::default()
        })),
        Err(error) => {
            tracing::debug!(%error, "scripts that run often are not compiled ahead");
            None
        }
    }
}

impl Shared {
    fn load(&self, script: &Arc<Compiled>) {
        let loaded = match self.place.load(script) {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::debug!(%error, "a script that runs often is loaded by each run");
                let mut used = script.heat.used();
                used.failed += 1;
                used.forget(Work::Load);
                return;
            }
        };
        let copied = loaded.copied();
        if copied > MOST_COPIED {
            tracing::debug!(
                copied,
                "a script that runs often is loaded by each run: it is large"
            );
            return;
        }
        tracing::debug!(copied, "a script that runs often was loaded once for all");
        script.heat.used().ready.loaded = Some(loaded);
        for old in self.make_room(script, copied) {
            let mut used = old.heat.used();
            used.ready.loaded = None;
            used.forget(Work::Load);
        }
    }

    /// Puts one on the shelf. The result is what has no place there any more.
    fn make_room(&self, script: &Arc<Compiled>, copied: u64) -> Vec<Arc<Compiled>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::downgrade(script);
        // Without those that nobody has any more, and this one, if it was there before.
        loaded.retain(|(other, _)| other.strong_count() > 0 && !other.ptr_eq(&own));
        loaded.push_back((own, copied));
        let mut bytes: u64 = loaded.iter().map(|(_, copied)| copied).sum();
        let mut gone = Vec::new();
        while bytes > MOST_READY
            && let Some((oldest, copied)) = loaded.pop_front()
        {
            bytes -= copied;
            gone.extend(oldest.upgrade());
        }
        gone
    }

    fn compile(&self, compiler: &HostCompiler, script: &Arc<Compiled>) {
        let others: Vec<AssemblyImage> = libraries(&script.packages)
            .into_iter()
            .chain(self.place.libraries.iter().cloned())
            .map(|(_, image)| image)
            .collect();
        let prepared = compiler.compile_against(&script.image, &others);
        match prepared.compiled {
            Ok(_) => {
                tracing::debug!(
                    assembly = prepared.assembly,
                    "a script that runs often was compiled ahead"
                );
                script.heat.used().ready.image = Some(prepared.image);
                self.load(script);
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

    fn load(&self, compilation: &Compiled) -> isolator_host::Result<AppSnapshot> {
        let packages = libraries(&compilation.packages);
        let image = compilation.heat.used().ready.image.clone();
        let image = image.as_ref().unwrap_or(&compilation.image);
        self.runtime()
            .assembly_loader(move |request: &AssemblyRequest| find(&packages, request))
            .limits(Limits::default().call_timeout(LOADING))
            .snapshot_form(SnapshotForm::Delta)
            .snapshot(|runtime| {
                let assembly = runtime.load_assembly_image(image)?;
                runtime.keep(SCRIPT, &assembly)
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
        // What could not be done is due again, but not for ever.
        for failed in 1..=PATIENCE {
            used.failed = failed;
            used.forget(Work::Load);
            assert_eq!(used.due(), []);
            used.starts = OFTEN;
            let again = failed < PATIENCE;
            assert_eq!(used.due() == [Work::Load], again);
        }
    }
}
