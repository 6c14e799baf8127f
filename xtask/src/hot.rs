//! `cargo xtask hot`: writes the list of the functions that most runtimes call by pointer, which come first in the table.
//!
//! The engine fills an entry of a table when the function is first called that way, and says nobody which. So this looks at the
//! memory of this process, as Linux shows it: a host with room for one runtime has one table, of a size that is known.

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::record::Sample;
use anyhow::{Context, Result, ensure};
use clap::Args;
use isolator_abi::manifest::GuestManifest;
use isolator_guest_shim::mono::hot;
use isolator_host::{IsolatedRuntime, IsolatedRuntimeHost};
use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The list in the workspace.
const LIST: &str = "crates/isolator-guest-shim/src/mono/hot_functions.txt";

/// Arguments of `hot`.
#[derive(Args)]
pub struct Hot {}

/// Something that many runtimes do.
type Deed = fn(&mut IsolatedRuntime) -> Result<()>;

/// What many runtimes do, the most usual first. Each begins where the one before it ended.
const DEEDS: &[(&str, Deed)] = &[
    ("a first call", |runtime| {
        let sum: i32 = runtime.call("System.Private.CoreLib", "System.Math", "Abs", (-3,))?;
        ensure!(sum == 3, "Math.Abs(-3) gave {sum}");
        Ok(())
    }),
    ("a call of one's own assembly", |runtime| {
        let sum: i32 = runtime.call("Bench", "Bench.Calls", "Add", (1, 2))?;
        ensure!(sum == 3, "Add(1, 2) gave {sum}");
        Ok(())
    }),
    ("a record there and back", |runtime| {
        let back: Sample = runtime.call("Bench", "Bench.Calls", "Echo", (Sample::new(),))?;
        ensure!(back.id == 2, "Echo gave {back:?}");
        Ok(())
    }),
    ("a callback", |runtime| {
        runtime.register_callback("next", |value: i32| value + 1);
        let value: i32 = runtime.call("Bench", "Bench.Calls", "CallHost", (3,))?;
        ensure!(value == 3, "CallHost(3) gave {value}");
        Ok(())
    }),
    ("a program's output", |runtime| {
        let program = runtime.load_assembly("Bench")?;
        let code = runtime.run_main(&program, &[] as &[&str])?;
        ensure!(code == 0, "the program returned {code}");
        Ok(())
    }),
];

impl Hot {
    /// Does what many runtimes do, and writes which functions were called by pointer.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        let built = BuildGuest::ordinary(false).run(workspace)?;
        let out = workspace.join("target/bench");
        Sdk::find(workspace)?.build(&workspace.join("xtask/bench/Bench.csproj"), Some(&out))?;
        let booted = built.folder.join(".keys/snapshot.wasm");
        let bytes = std::fs::read(&booted).with_context(|| format!("read {}", booted.display()))?;
        let names = hot::table(&bytes)?;
        let host = IsolatedRuntimeHost::builder()
            .guest(&built.folder)
            .assembly_directory(&out)?
            .max_runtimes(1)
            .build()?;
        let mut runtime = host.create_runtime()?;
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for (deed, run) in DEEDS {
            run(&mut runtime).with_context(|| format!("do what many runtimes do: {deed}"))?;
            let before = found.len();
            for element in filled(&built.manifest)? {
                if seen.insert(element)
                    && let Some(name) = names.get(&element)
                {
                    found.push(name.as_str());
                }
            }
            eprintln!("{deed}: {} functions more", found.len() - before);
        }
        ensure!(
            !found.is_empty(),
            "no table of functions was found in this process"
        );
        let list = workspace.join(LIST);
        let before =
            std::fs::read_to_string(&list).with_context(|| format!("read {}", list.display()))?;
        let head: String = before
            .lines()
            .take_while(|line| line.starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect();
        std::fs::write(&list, format!("{head}{}\n", found.join("\n")))
            .with_context(|| format!("write {}", list.display()))
    }
}

/// The numbers of the entries that are filled in the table of the one runtime there is.
fn filled(manifest: &GuestManifest) -> Result<BTreeSet<u32>> {
    const ENTRY: u64 = 8;
    // Tables of a host with room for one runtime: its own, and some for probes.
    const TABLES: u64 = 5;
    // A table has room to grow: for the guest's own functions, and for those of compiled programs.
    const LARGEST: u64 = 2 << 20;
    let least = u64::from(manifest.needs.table_elements) * ENTRY;
    let maps = std::fs::read_to_string("/proc/self/maps").context("this needs Linux's /proc")?;
    let memory = File::open("/proc/self/mem").context("read this process's memory")?;
    let mut entries = BTreeSet::new();
    for (start, end) in maps.lines().filter_map(writable) {
        let table = (end - start) / TABLES;
        if (end - start) % TABLES != 0 || !(least..least + LARGEST).contains(&table) {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(end - start)?];
        memory.read_exact_at(&mut bytes, start)?;
        let filled: Vec<u64> = (0..)
            .zip(bytes.as_chunks::<8>().0)
            .filter(|(_, entry)| **entry != [0; 8])
            .map(|(i, _)| i % (table / ENTRY))
            .collect();
        // Another mapping of such a size has more in it than a few calls fill.
        if filled.len() as u64 > least / ENTRY / 8 {
            continue;
        }
        for entry in filled {
            entries.insert(u32::try_from(entry)?);
        }
    }
    Ok(entries)
}

/// Start and end of a writable mapping without a file.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let anonymous = words.next()? == "rw-p" && words.nth(3).is_none();
    let address = |text| u64::from_str_radix(text, 16).ok();
    anonymous.then_some((address(start)?, address(end)?))
}
