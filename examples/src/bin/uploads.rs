//! A service that takes plug-ins in: each is of use at once, interpreted, and is compiled in the background meanwhile. The next runtime
//! that is made after that runs it compiled.

use anyhow::{Context, Result};
use isolator_compile::{HostCompiler, ToolLimits};
use isolator_host::{
    AssemblyImage, AssemblyRequest, Compiled, IsolatedRuntimeHost, Limits, printable,
};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What was uploaded, by its name, in its best form so far.
#[derive(Clone, Default)]
struct Uploads(Arc<Mutex<HashMap<String, AssemblyImage>>>);

impl Uploads {
    fn put(&self, name: &str, image: AssemblyImage) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.into(), image);
    }

    fn get(&self, name: &str) -> Option<AssemblyImage> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).cloned()
    }
}

struct Service {
    host: IsolatedRuntimeHost,
    uploads: Uploads,
    /// None where nothing can be compiled.
    compiler: Option<Arc<HostCompiler>>,
}

impl Service {
    fn new() -> Result<Self> {
        let uploads = Uploads::default();
        let of_host = uploads.clone();
        let host = IsolatedRuntimeHost::builder()
            .assembly_loader(move |request: &AssemblyRequest| of_host.get(&request.name))
            // The default: as soon as there is compiled code that fits, it is used.
            .compiled(Compiled::Auto)
            .limits(Limits::default().call_timeout(Duration::from_secs(30)))
            .build()?;
        let compiler = HostCompiler::new(&host);
        // A machine without the tools, or a guest image that runs no compiled programs, is slower, and nothing else.
        if let Err(error) = &compiler {
            eprintln!("plug-ins stay interpreted: {error}");
        }
        let limits = ToolLimits {
            time: Duration::from_secs(60),
            memory: 2 << 30,
        };
        Ok(Self {
            host,
            uploads,
            compiler: compiler
                .ok()
                .map(|compiler| Arc::new(compiler.limits(limits))),
        })
    }

    /// Takes a plug-in in. The handle is for who wants to know what came of compiling it.
    fn upload(&self, name: &str, bytes: Vec<u8>) -> JoinHandle<()> {
        let image = AssemblyImage::new(bytes);
        self.uploads.put(name, image.clone());
        let (name, uploads, compiler) =
            (name.to_owned(), self.uploads.clone(), self.compiler.clone());
        // It holds a thread for seconds. One plug-in is compiled at a time, however many come in.
        tokio::task::spawn_blocking(move || {
            let Some(compiler) = compiler else { return };
            for prepared in compiler.compile(&[image]) {
                match prepared.compiled {
                    Ok(_) => uploads.put(&name, prepared.image),
                    Err(error) => {
                        println!(
                            "{name} stays interpreted: {}",
                            printable::line(&error.to_string())
                        );
                    }
                }
            }
        })
    }

    /// Asks a plug-in, in a runtime of its own.
    async fn ask(&self, name: &str) -> Result<String> {
        let runtime = self.host.create_runtime()?.into_async()?;
        let cost: i64 = runtime.call(name, "PlugIn", "Cheapest", (60,)).await?;
        let stats = runtime.into_blocking().await?.stats();
        let how = match stats.compiled.is_empty() {
            true => "interpreted",
            false => "compiled",
        };
        Ok(format!("the cheapest way costs {cost} ({how})"))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args()
        .nth(1)
        .context("the first argument is the folder of the plug-in")?;
    let service = Service::new()?;

    let routes = std::fs::read(PathBuf::from(folder).join("Routes.dll"))?;
    let compiling = service.upload("Routes", routes);
    println!("Routes: {}", service.ask("Routes").await?);
    compiling.await?;
    println!("Routes: {}", service.ask("Routes").await?);

    // Strangers upload anything.
    service.upload("Letter", b"Dear service".to_vec()).await?;
    if let Err(error) = service.ask("Letter").await {
        println!("Letter: {}", printable::line(&error.to_string()));
    }
    Ok(())
}
