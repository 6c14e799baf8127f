//! What a training run shows: instances of generic methods of which metadata tell nothing, since their arguments are put together while the program runs.
//!
//! A guest tells them as text (`Training.cs` of `guest-dotnet`), a line each, with tabs between the words: the type, the method's row, the method's own arguments. A type is the
//! name of its assembly, its row, and its arguments; arguments are their number, then the types. Rows are counted from 1, as tokens count them.
//! What a guest tells is a stranger's: what is not there, or does not fit, is passed over.

use crate::metadata::TYPE_DEF;
use crate::types::{Def, MOST_PARAMETERS, Ty};
use crate::universe::{Instance, Universe};
#[cfg(feature = "host")]
use isolator_host::{CallContext, Error, IsolatedRuntime};
use std::collections::BTreeSet;
use std::str::Split;
#[cfg(feature = "host")]
use std::sync::{Arc, Mutex, PoisonError};

/// What a guest has for it.
#[cfg(feature = "host")]
const ASSEMBLY: &str = "Isolator.Runtime";
#[cfg(feature = "host")]
const TYPE: &str = "Isolator.Runtime.Hosting.Training";
/// The callback by which it tells.
#[cfg(feature = "host")]
const CALLBACK: &str = "isolator.training";

/// Most bytes that are kept of what guests tell.
const MOST: usize = 64 << 20;
/// What a line takes beside its own.
const BESIDE: usize = 64;
/// How deep types may be nested.
const DEEPEST: usize = 8;

/// Instances of generic methods that a program was seen to need. They belong to these very builds of its assemblies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Training {
    lines: BTreeSet<String>,
    bytes: usize,
}

impl Training {
    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Takes in what a guest told, in any order. What is more than may be kept is left out.
    pub fn add(&mut self, told: &str) {
        for line in told.lines() {
            let bytes = self.bytes.saturating_add(BESIDE + line.len());
            if bytes <= MOST && self.lines.insert(line.to_owned()) {
                self.bytes = bytes;
            }
        }
    }

    /// Does something with a runtime, and takes in which instances of generic methods were interpreted for it. It adds to what was seen before.
    ///
    /// What runs compiled is not seen: make the runtime with `Compiled::Off`. A program that ends itself (`Environment.Exit`) has told before; where a limit or an
    /// exception ends the work, nothing is taken in.
    ///
    /// ```no_run
    /// # use isolator_compile::HostCompiler;
    /// # use isolator_host::{AssemblyImage, IsolatedRuntimeHost};
    /// # fn example(host: &IsolatedRuntimeHost, compiler: &HostCompiler, plug_in: AssemblyImage) -> isolator_host::Result<()> {
    /// use isolator_compile::Training;
    /// use isolator_host::Compiled;
    ///
    /// let mut training = Training::default();
    /// let mut runtime = host.runtime().compiled(Compiled::Off).create()?;
    /// let rules = runtime.load_assembly_image(&plug_in)?;
    /// training.watch(&mut runtime, |runtime| runtime.run_main(&rules, &["--all"]))?;
    /// let prepared = compiler.compile_trained(&[plug_in], &training);
    /// # drop(prepared);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// What the work gives; what calling the guest can give.
    #[cfg(feature = "host")]
    pub fn watch<T, E: From<Error>>(
        &mut self,
        runtime: &mut IsolatedRuntime,
        work: impl FnOnce(&mut IsolatedRuntime) -> Result<T, E>,
    ) -> Result<T, E> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let place = told.clone();
        runtime.register_raw_callback(CALLBACK, move |_: &mut CallContext<'_>, bytes: &[u8]| {
            // All that was noted, each time; no more of it than is taken in.
            if bytes.len() <= MOST {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
            }
            Ok::<_, Error>(Vec::new())
        });
        let begun = runtime.call::<()>(ASSEMBLY, TYPE, "Begin", ());
        let mut outcome = begun.map_err(E::from).and_then(|()| work(runtime));
        if outcome.is_ok()
            && runtime.is_alive()
            && let Err(error) = runtime.call::<()>(ASSEMBLY, TYPE, "End", ())
        {
            outcome = Err(error.into());
        }
        runtime.unregister_callback(CALLBACK);
        let told = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
        if outcome.is_ok() {
            self.add(&String::from_utf8_lossy(&told));
        }
        outcome
    }

    /// Those that are there, in an order of their own.
    pub(crate) fn instances(&self, universe: &Universe<'_>) -> impl Iterator<Item = Instance> {
        self.lines.iter().filter_map(move |line| {
            let words = line.split('\t');
            Words { universe, words }.instance()
        })
    }
}

/// The words of a line.
struct Words<'a, 'b> {
    universe: &'a Universe<'b>,
    words: Split<'a, char>,
}

impl Words<'_, '_> {
    fn instance(mut self) -> Option<Instance> {
        let (owner, of_type) = self.named(DEEPEST)?;
        let method = self.row()?;
        let of_method = self.arguments(DEEPEST)?;
        let is_all = self.words.next().is_none();
        if !is_all || self.universe.owner(owner.assembly, method) != Some(owner) {
            return None;
        }
        let signature = self.universe.signature(owner.assembly, method)?;
        (signature.generic == of_method.len()).then_some(Instance {
            owner,
            method,
            of_type,
            of_method,
        })
    }

    fn named(&mut self, depth: usize) -> Option<(Def, Vec<Ty>)> {
        let assembly = self.universe.assembly(self.words.next()?)?;
        let row = self.row()?;
        let definition = self.universe.definition(assembly, (TYPE_DEF, row))?;
        let arguments = self.arguments(depth)?;
        (arguments.len() == self.universe.arity(definition)).then_some((definition, arguments))
    }

    fn arguments(&mut self, depth: usize) -> Option<Vec<Ty>> {
        let depth = depth.checked_sub(1)?;
        let count: usize = self.words.next()?.parse().ok()?;
        if count > MOST_PARAMETERS {
            return None;
        }
        (0..count)
            .map(|_| {
                let (definition, arguments) = self.named(depth)?;
                Some(match self.universe.primitive_of(definition) {
                    Some(number) => Ty::Primitive(number),
                    None => Ty::Named(definition, arguments),
                })
            })
            .collect()
    }

    fn row(&mut self) -> Option<usize> {
        self.words.next()?.parse::<usize>().ok()?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_kept_once_in_one_order_and_not_without_end() {
        let mut training = Training::default();
        assert!(training.is_empty());
        training.add("");
        assert!(training.is_empty());
        training.add("b\na\nb");
        let mut other = Training::default();
        other.add("a");
        other.add("b");
        assert_eq!(training, other);
        training.add(&"x".repeat(MOST));
        assert_eq!(training, other);
    }

    #[test]
    fn what_is_not_there_or_does_not_fit_is_passed_over() {
        let mut training = Training::default();
        let deep = "App\t1\t1\t".repeat(100_000);
        for line in [
            "App\t1\t0\t1\t0",
            "App\t0\t0\t0\t0",
            "App\t99999999999999999999\t0\t1\t0",
            "\t\t\t\t",
            "App",
            &deep,
        ] {
            training.add(line);
        }
        let universe = Universe::default();
        assert_eq!(training.instances(&universe).count(), 0);
    }
}
