//! The sandbox in which a session's submissions run.

use crate::error::Result;
use crate::host::ScriptHost;
use crate::packages::Package;
use crate::submission::Submission;
use isolator_host::values::Value;
use isolator_host::{
    AssemblyImage, AssemblyRequest, CallLimits, CancelHandle, Error as HostError, IsolatedRuntime,
    OutputAccount, RuntimeBuilder, RuntimeStats, Stdio,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What runs submissions: the compiler's assembly, of which this class alone is used.
const RUNNER: (&str, &str) = ("Isolator.Scripting", "Isolator.Scripting.Submissions");

/// Libraries that submissions asked for, which the runtime's loader finds from then on.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedLibraries(Arc<Mutex<Vec<(String, AssemblyImage)>>>);

impl SharedLibraries {
    pub fn set(&self, packages: &[Package]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = libraries(packages);
    }

    fn find(&self, request: &AssemblyRequest) -> Option<AssemblyImage> {
        let libraries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        find(&libraries, request)
    }
}

/// The assemblies of packages, with their names.
pub(crate) fn libraries(packages: &[Package]) -> Vec<(String, AssemblyImage)> {
    let assemblies = packages.iter().flat_map(Package::assemblies);
    assemblies
        .map(|(name, image)| (name.to_owned(), image.clone()))
        .collect()
}

/// The library that is asked for.
pub(crate) fn find(
    libraries: &[(String, AssemblyImage)],
    request: &AssemblyRequest,
) -> Option<AssemblyImage> {
    let mut libraries = libraries.iter();
    let found = libraries.find(|(name, _)| name.eq_ignore_ascii_case(&request.name))?;
    request.culture.is_none().then(|| found.1.clone())
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Running {
    /// As it was before any submission: what begins anew is a fork of it.
    origin: IsolatedRuntime,
    runtime: IsolatedRuntime,
}

impl Running {
    pub fn new(
        scripts: &ScriptHost,
        libraries: &SharedLibraries,
        configure: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
    ) -> Result<Self> {
        let libraries = libraries.clone();
        let builder = scripts
            .usual()
            .stdout(Stdio::Capture)
            .stderr(Stdio::Capture);
        // After `configure`, which may give another builder.
        let builder = scripts
            .guarded(configure(builder))
            .assembly_loader(move |request: &AssemblyRequest| libraries.find(request));
        let mut origin = scripts.begin(builder)?;
        origin.load_assembly_image(scripts.runner())?;
        let mut runtime = origin.fork()?;
        scripts.attach(&mut runtime)?;
        Ok(Self { origin, runtime })
    }

    pub fn reset(&mut self, scripts: &ScriptHost) -> Result<()> {
        self.runtime = self.origin.fork()?;
        scripts.attach(&mut self.runtime)
    }

    pub fn cancel_handle(&mut self) -> CancelHandle {
        self.runtime.cancel_handle()
    }

    pub fn is_alive(&self) -> bool {
        self.runtime.is_alive()
    }

    pub fn stats(&self) -> RuntimeStats {
        self.runtime.stats()
    }

    pub fn output_account(&self) -> OutputAccount {
        self.runtime.output_account()
    }

    pub fn take_output(&mut self) -> (Vec<u8>, Vec<u8>) {
        (self.runtime.take_stdout(), self.runtime.take_stderr())
    }

    pub fn load(&mut self, image: &AssemblyImage) -> isolator_host::Result<()> {
        self.runtime.load_assembly_image(image).map(drop)
    }

    /// Runs a submission that is loaded: the names are those of its assembly and its class.
    pub fn run(
        &mut self,
        (assembly, class): (&str, &str),
        number: usize,
        has_value: bool,
        submission: &mut Submission,
    ) -> isolator_host::Result<Option<serde_json::Value>> {
        let (runner, runs) = RUNNER;
        let began = Instant::now();
        let args = (assembly, class, number, has_value);
        submission.value_text = self.runtime.call_task(runner, runs, "Run", args)?;
        if submission.value_text.is_none() {
            return Ok(None);
        }
        // The time of a submission is one, also where reading its value runs code of its own.
        let limit = self.runtime.limits().get_call_timeout();
        let left = limit.map(|limit| {
            let left = limit.saturating_sub(began.elapsed());
            left.max(Duration::from_millis(1))
        });
        let read: isolator_host::Result<Value> = self
            .runtime
            .with_call_limits(CallLimits::none().timeout(left), |runtime| {
                runtime.call(runner, runs, "Value", ())
            })?;
        match read {
            Ok(value) => {
                let json = serde_json::Value::try_from(value.clone()).ok();
                submission.value = Some(value);
                Ok(json)
            }
            Err(error) if is_over(&error) || !self.runtime.is_alive() => Err(error),
            // It is text alone then.
            Err(error) => {
                tracing::debug!(%error, "a submission's value stays inside");
                Ok(None)
            }
        }
    }
}

fn is_over(error: &HostError) -> bool {
    matches!(error, HostError::Limit { limit, .. } if limit.is_fatal())
}
