//! Compiling for a host of this process: what a service does with a plug-in that is uploaded.

use crate::error::BuildError;
use crate::{Compiled, Compiler, Guest, ToolLimits, Tools, Training};
use isolator_host::{AssemblyImage, IsolatedRuntimeHost};
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Compiles plug-ins for a host as they come in. It is made once, and used by any number of threads.
///
/// [`compile`](Self::compile) takes from half a second to minutes, most of it in child processes, and holds its thread: give it one
/// (`std::thread`, tokio's `spawn_blocking`), and let the plug-in be interpreted meanwhile.
///
/// ```no_run
/// # fn store(_: isolator_host::AssemblyImage) {}
/// # fn example(uploaded: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
/// use isolator_compile::{HostCompiler, ToolLimits};
/// use isolator_host::{AssemblyImage, IsolatedRuntimeHost};
/// use std::time::Duration;
///
/// let host = IsolatedRuntimeHost::builder().build()?;
/// let compiler = HostCompiler::new(&host)?
///     .limits(ToolLimits { time: Duration::from_secs(60), memory: 2 << 30 });
/// // In a thread of its own:
/// for prepared in compiler.compile(&[AssemblyImage::new(uploaded)]) {
///     if let Err(error) = &prepared.compiled {
///         eprintln!("{} stays interpreted: {error}", prepared.assembly);
///     }
///     // For a loader, or `load_assembly_image`.
///     store(prepared.image);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct HostCompiler {
    host: IsolatedRuntimeHost,
    guest: Guest,
    tools: Tools,
    limits: ToolLimits,
    places: Places,
}

/// An assembly, and what came of it.
#[derive(Debug)]
pub struct Prepared {
    /// Its name; empty if it is no assembly.
    pub assembly: String,
    /// As it was given, with its compiled code if there is some. Either can be loaded.
    pub image: AssemblyImage,
    /// What was compiled, or why nothing was: the assembly is interpreted then.
    pub compiled: Result<Summary, BuildError>,
}

/// What is compiled of an assembly.
#[derive(Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Methods that are compiled: the assembly's own, and all with instances of generic ones.
    pub own: usize,
    /// See `own`.
    pub methods: usize,
    /// Of `methods`, those that a [`Training`] showed beside what metadata tell: its instances, and what these lead to.
    pub trained: usize,
    /// Own methods that stay interpreted, and why. The names are the assembly's: print them with `isolator_host::printable`.
    pub interpreted: Vec<(String, String)>,
    /// How long the compiler, clang and the linker took.
    pub times: [Duration; 3],
}

impl HostCompiler {
    /// Reads the host's image, and finds the tools ([`Tools::find`]).
    ///
    /// # Errors
    /// [`BuildError::Tools`] with all tools that are missing and how to get them; if the image runs no compiled programs, or cannot be read.
    pub fn new(host: &IsolatedRuntimeHost) -> Result<Self, BuildError> {
        Self::with_tools(host, Tools::find(host.dotnet_version(), &[])?)
    }

    /// The same with these tools.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_tools(host: &IsolatedRuntimeHost, tools: Tools) -> Result<Self, BuildError> {
        let (code, state) = host
            .image()
            .read_modules()
            .map_err(|error| BuildError::Recipe(error.to_string()))?;
        Ok(Self {
            host: host.clone(),
            guest: Guest::new(host.manifest(), &code, &state)?,
            tools,
            limits: ToolLimits::default(),
            places: Places::new(1),
        })
    }

    /// What each of the tools may use up. There are five runs of a tool for an assembly.
    #[must_use]
    pub fn limits(mut self, limits: ToolLimits) -> Self {
        self.limits = limits;
        self
    }

    /// How many assemblies are compiled at once, whoever asks: so many tools run, each within its limits. One without this; further calls wait.
    #[must_use]
    pub fn at_once(mut self, number: NonZeroUsize) -> Self {
        self.places = Places::new(number.get());
        self
    }

    /// Compiles assemblies that belong together: a plug-in, and what it refers to beside the base class library. They come back in the same
    /// order, those with compiled code ready for the host: its machine code is there, too, so that no runtime waits for it.
    ///
    /// What cannot be compiled is interpreted, and costs the others nothing. An upload is a stranger's: it is checked, and the tools that
    /// read it have limits and none of this process's environment. They are native programs outside of the sandbox: on Linux the kernel confines them to
    /// their inputs and a folder to write in, elsewhere they have this process's rights. Who wants none of that compiles in a container or for another user.
    pub fn compile(&self, assemblies: &[AssemblyImage]) -> Vec<Prepared> {
        self.compile_trained(assemblies, &Training::default())
    }

    /// As [`compile`](Self::compile), with the instances of generic methods that a training showed beside those that metadata tell of.
    pub fn compile_trained(
        &self,
        assemblies: &[AssemblyImage],
        training: &Training,
    ) -> Vec<Prepared> {
        (0..assemblies.len())
            .map(|number| self.prepare(assemblies, number, training))
            .collect()
    }

    /// Compiles one assembly against others, which are compiled elsewhere or stay interpreted; see [`compile`](Self::compile).
    #[must_use]
    pub fn compile_against(&self, assembly: &AssemblyImage, others: &[AssemblyImage]) -> Prepared {
        let all: Vec<AssemblyImage> = [assembly].into_iter().chain(others).cloned().collect();
        self.prepare(&all, 0, &Training::default())
    }

    fn prepare(
        &self,
        assemblies: &[AssemblyImage],
        number: usize,
        training: &Training,
    ) -> Prepared {
        let others: Vec<&[u8]> = assemblies
            .iter()
            .enumerate()
            // What is no assembly is said of that itself.
            .filter(|(other, image)| *other != number && crate::read(&image.image, "").is_ok())
            .map(|(_, image)| &*image.image)
            .collect();
        let given = &assemblies[number];
        let assembly = crate::read(&given.image, "")
            .ok()
            .and_then(|metadata| metadata.name().map(str::to_owned))
            .unwrap_or_default();
        let (image, compiled) = match self.one(given, &others, training) {
            Ok((image, summary)) => (image, Ok(summary)),
            Err(error) => (given.clone(), Err(error)),
        };
        Prepared {
            assembly,
            image,
            compiled,
        }
    }

    fn one(
        &self,
        given: &AssemblyImage,
        others: &[&[u8]],
        training: &Training,
    ) -> Result<(AssemblyImage, Summary), BuildError> {
        let _place = self.places.take();
        let compiler = Compiler {
            guest: &self.guest,
            tools: &self.tools,
            limits: self.limits,
        };
        let Compiled {
            wasm,
            own,
            methods,
            trained,
            interpreted,
            times,
            ..
        } = compiler.compile_trained(&given.image, others, training)?;
        let image = given.clone().with_compiled(wasm);
        self.host
            .prepare_compiled(&image)
            .map_err(|error| BuildError::Recipe(error.to_string()))?;
        let summary = Summary {
            own,
            methods,
            trained,
            interpreted,
            times,
        };
        Ok((image, summary))
    }
}

/// How many may still come in.
#[derive(Debug)]
struct Places {
    free: Mutex<usize>,
    changed: Condvar,
}

/// One of them, given back in the end.
struct Place<'a>(&'a Places);

impl Places {
    fn new(number: usize) -> Self {
        Self {
            free: Mutex::new(number),
            changed: Condvar::new(),
        }
    }

    fn take(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .changed
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn so_many_are_in_at_once() {
        let places = Places::new(2);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _place = places.take();
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }
}
