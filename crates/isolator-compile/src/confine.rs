//! What a tool can reach: its inputs, a folder to write in, the system's programs and libraries. A tool reads what strangers made, so it may have become
//! theirs.

use crate::tools::ToolLimits;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// The largest file that a tool may write.
#[cfg(unix)]
const LARGEST_FILE: u64 = 1 << 30;

/// Files that a tool may have open. The base class library is some two hundred.
#[cfg(unix)]
const MOST_FILES: u64 = 1024;

/// The most that is read of what a tool made; the largest module so far, Roslyn's, has 18 MB without its names.
const LARGEST_RESULT: u64 = 256 << 20;

/// What a tool needs beside the system's programs and libraries, and those that lie with it.
#[derive(Debug)]
pub struct Reach {
    /// Folders that it reads.
    pub reads: Vec<PathBuf>,
    /// The folder that it writes in.
    pub writes: PathBuf,
}

/// Has a command start its program so that it reaches nothing else, takes no more than this, and is a group with what it starts.
///
/// # Errors
/// If a folder is not there, or the system refuses.
#[cfg(unix)]
pub fn confine(command: &mut Command, limits: ToolLimits, reach: &Reach) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    let fence = fence::Fence::new(Path::new(command.get_program()), reach)?;
    let limits = [
        (libc::RLIMIT_AS, limits.memory),
        (libc::RLIMIT_FSIZE, LARGEST_FILE),
        (libc::RLIMIT_NOFILE, MOST_FILES),
        (libc::RLIMIT_CORE, 0),
    ]
    .map(|(which, most)| {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the system writes a value that is there.
        let failed = unsafe { libc::getrlimit(which, &raw mut limit) };
        // Nobody may raise what this process has itself.
        let most = match failed {
            0 => limit.rlim_max.min(most as libc::rlim_t),
            _ => most as libc::rlim_t,
        };
        limit.rlim_cur = most;
        limit.rlim_max = most;
        (which, limit)
    });
    command.process_group(0);
    // SAFETY: between fork and exec it makes system calls only, with values that it owns, and takes no memory.
    unsafe {
        command.pre_exec(move || {
            for (which, limit) in &limits {
                if libc::setrlimit(*which, limit) != 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            fence.enter()
        });
    }
    Ok(())
}

#[cfg(not(unix))]
pub fn confine(_: &mut Command, _: ToolLimits, _: &Reach) -> io::Result<()> {
    Ok(())
}

/// Whether a tool has ended. It is not waited for: its number stays its own.
///
/// # Errors
/// If it is no child of this process any more.
#[cfg(unix)]
pub fn has_ended(child: &mut Child) -> io::Result<bool> {
    let mut found = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: the system writes a value that is there.
    let failed = unsafe {
        libc::waitid(
            libc::P_PID,
            child.id() as libc::id_t,
            found.as_mut_ptr(),
            libc::WEXITED | libc::WNOHANG | libc::WNOWAIT,
        )
    };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is numbers, all of them zero at first.
    Ok(unsafe { found.assume_init() }.si_signo == libc::SIGCHLD)
}

#[cfg(not(unix))]
pub fn has_ended(child: &mut Child) -> io::Result<bool> {
    child.try_wait().map(|status| status.is_some())
}

/// Ends a tool that was not waited for, and what it started.
#[cfg(unix)]
pub fn end(child: &Child) {
    let Ok(group) = libc::pid_t::try_from(child.id()) else {
        return;
    };
    // SAFETY: a system call with numbers. The group is the child's own, since nobody has waited for the child.
    unsafe { libc::kill(-group, libc::SIGKILL) };
}

#[cfg(not(unix))]
pub fn end(child: &mut Child) {
    let _ = child.kill();
}

/// Reads a file that a tool made. A tool that is not itself any more may have put a link there, to what it cannot read, or a pipe.
///
/// # Errors
/// If it is no file, or larger than any such.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut options = std::fs::File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_RESULT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_RESULT {
        return Err(io::Error::other(format!(
            "it has more than {LARGEST_RESULT} bytes"
        )));
    }
    Ok(bytes)
}

/// Landlock: the kernel's own rules for a process that wants less than it may.
#[cfg(target_os = "linux")]
mod fence {
    use super::Reach;
    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
        Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
        make_bitflags,
    };
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::path::{Path, PathBuf};
    use std::sync::Once;

    /// What is asked for. An older kernel gives what it has: files alone (5.13), TCP (6.7), abstract sockets and signals (6.12), named sockets (7.1), UDP (7.2).
    const WANTED: ABI = ABI::V10;

    /// Where systems keep programs and libraries; none of it is a secret. The last three are those of package managers.
    const SYSTEM: [&str; 9] = [
        "/usr",
        "/bin",
        "/lib",
        "/lib32",
        "/lib64",
        "/libx32",
        "/nix/store",
        "/gnu/store",
        "/home/linuxbrew/.linuxbrew",
    ];

    /// Single files that programs read as they start.
    const FILES: [&str; 6] = [
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.preload",
        "/dev/zero",
        "/dev/random",
        "/dev/urandom",
    ];

    const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{Execute | ReadFile | ReadDir});

    /// All but programs, links, devices and sockets.
    const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
        ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir
    });

    /// A rule about a folder, as the kernel takes it.
    #[repr(C, packed)]
    struct Beneath {
        allowed: u64,
        folder: libc::c_int,
    }

    const BENEATH: libc::c_int = 1;

    /// The rules for one tool; none where the kernel has no such thing.
    pub struct Fence {
        rules: Option<OwnedFd>,
        /// What a process may do with what the kernel says of it.
        own: u64,
    }

    impl Fence {
        pub fn new(program: &Path, reach: &Reach) -> io::Result<Self> {
            let mut rules = rules().map_err(|error| io::Error::other(error.to_string()))?;
            for folder in SYSTEM {
                rules = allow_if_there(rules, Path::new(folder), READ)?;
            }
            for file in FILES {
                rules = allow_if_there(rules, Path::new(file), AccessFs::ReadFile.into())?;
            }
            rules = allow_if_there(
                rules,
                Path::new("/dev/null"),
                AccessFs::ReadFile | AccessFs::WriteFile,
            )?;
            let (folder, beside) = home(program)?;
            rules = allow(rules, &folder, READ)?;
            for folder in beside {
                rules = allow_if_there(rules, &folder, READ)?;
            }
            for folder in &reach.reads {
                rules = allow(rules, folder, READ)?;
            }
            rules = allow(rules, &reach.writes, WRITE)?;
            let rules: Option<OwnedFd> = rules.into();
            say_what_is_open(rules.is_some());
            Ok(Self {
                rules,
                own: (AccessFs::ReadFile | AccessFs::ReadDir).bits(),
            })
        }

        /// Holds for the calling process, and all that it starts, from here on. For a child between fork and exec: system calls, and nothing else.
        pub fn enter(&self) -> io::Result<()> {
            const NONE: libc::c_ulong = 0;
            const YES: libc::c_ulong = 1;
            let signal = libc::SIGKILL as libc::c_ulong;
            // SAFETY: system calls with numbers. Older kernels refuse the second, which does for others what this library's own files have: whatever
            // else this process has open ends with the exec.
            unsafe {
                // A process that is ended, by who types Ctrl-C, ends its tools.
                libc::prctl(libc::PR_SET_PDEATHSIG, signal, NONE, NONE, NONE);
                libc::syscall(
                    libc::SYS_close_range,
                    3,
                    libc::c_uint::MAX,
                    libc::CLOSE_RANGE_CLOEXEC,
                );
            }
            // SAFETY: a system call with numbers.
            if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, YES, NONE, NONE, NONE) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let Some(rules) = &self.rules else {
                return Ok(());
            };
            // Where its stack lies Mono reads from the kernel. Only here is the process the tool's, and it stays open: the kernel may else forget which
            // folder the rule is about.
            // SAFETY: the path ends with a zero, and the kernel reads a value that is there.
            unsafe {
                let folder = libc::open(c"/proc/self".as_ptr(), libc::O_PATH | libc::O_DIRECTORY);
                let rule = Beneath {
                    allowed: self.own,
                    folder,
                };
                if folder >= 0 {
                    libc::syscall(
                        libc::SYS_landlock_add_rule,
                        rules.as_raw_fd(),
                        BENEATH,
                        &raw const rule,
                        0,
                    );
                }
            }
            // SAFETY: a system call with numbers.
            match unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) } {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        }
    }

    /// Rules by which nothing is allowed yet.
    fn rules() -> Result<RulesetCreated, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(WANTED))?
            .handle_access(AccessNet::from_all(WANTED))?
            .scope(Scope::from_all(WANTED))?
            .create()
    }

    fn allow(
        rules: RulesetCreated,
        path: &Path,
        access: BitFlags<AccessFs>,
    ) -> io::Result<RulesetCreated> {
        let opened = PathFd::new(path).map_err(|error| io::Error::other(error.to_string()))?;
        rules
            .add_rule(PathBeneath::new(opened, access))
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }

    fn allow_if_there(
        rules: RulesetCreated,
        path: &Path,
        access: BitFlags<AccessFs>,
    ) -> io::Result<RulesetCreated> {
        match path.exists() {
            true => allow(rules, path, access),
            false => Ok(rules),
        }
    }

    /// The folder that a program lies in, wherever links lead, and those beside it that its libraries lie in.
    pub fn home(program: &Path) -> io::Result<(PathBuf, Vec<PathBuf>)> {
        let program = program.canonicalize()?;
        let folder = program.parent().unwrap_or(Path::new("/"));
        let beside = match folder.parent() {
            Some(above) if folder.ends_with("bin") => {
                ["lib", "lib64"].map(|name| above.join(name)).to_vec()
            }
            _ => Vec::new(),
        };
        Ok((folder.to_owned(), beside))
    }

    /// Once in a process.
    fn say_what_is_open(has_rules: bool) {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            if !has_rules {
                tracing::warn!(
                    "the tools that compile assemblies can read and write what this process can: Landlock is not in this kernel, or not switched on. Use Linux \
                     5.13 or later with `landlock` in its list of security modules, or compile in a container where strangers give the assemblies"
                );
            } else if !knows_networks() {
                tracing::warn!(
                    "the tools that compile assemblies can reach the network: the kernel's Landlock is older than that of Linux 6.7. Compile in a container \
                     without network where strangers give the assemblies"
                );
            }
        });
    }

    /// Whether the kernel has rules about TCP.
    pub fn knows_networks() -> bool {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessNet::from_all(ABI::V4))
            .is_ok()
    }

    /// Whether it has rules at all.
    #[cfg(test)]
    pub fn is_there() -> bool {
        rules().is_ok_and(|rules| Option::<OwnedFd>::from(rules).is_some())
    }
}

/// Systems without such rules for one process: a tool may what this process may, but for the limits.
#[cfg(all(unix, not(target_os = "linux")))]
mod fence {
    pub struct Fence;

    impl Fence {
        pub fn new(_: &std::path::Path, _: &super::Reach) -> std::io::Result<Self> {
            Ok(Self)
        }

        pub fn enter(&self) -> std::io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::error::BuildError;
    use crate::tools;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(60);

    /// Whether there is something to be tested.
    fn is_there() -> bool {
        let there = fence::is_there();
        if !there {
            eprintln!("skipped: this kernel has no Landlock, or it is not switched on");
        }
        there
    }

    /// Whether this shell is installed, which can do what the plain one cannot.
    fn has_bash() -> bool {
        let there = Path::new("/bin/bash").exists();
        if !there {
            eprintln!("skipped: there is no /bin/bash");
        }
        there
    }

    /// The folders of a compilation, in which a script is the tool.
    struct Place {
        root: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            for folder in ["in", "out"] {
                std::fs::create_dir(root.path().join(folder)).unwrap();
            }
            std::fs::write(root.path().join("in/input.txt"), "input").unwrap();
            Self { root }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.root.path().join(name)
        }

        /// What a file has; none where it is not.
        fn text(&self, name: &str) -> Option<String> {
            std::fs::read_to_string(self.path(name)).ok()
        }

        fn command(&self, shell: &str, script: &str, arguments: &[String]) -> Command {
            let mut command = Command::new(shell);
            command
                .args(["-c", script, "tool"])
                .args(arguments)
                .env_clear()
                .current_dir(self.path("out"));
            command
        }

        fn confined(
            &self,
            shell: &str,
            script: &str,
            arguments: &[String],
            time: Duration,
        ) -> Result<String, BuildError> {
            let limits = ToolLimits {
                time,
                ..ToolLimits::default()
            };
            let reach = Reach {
                reads: vec![self.path("in")],
                writes: self.path("out"),
            };
            let mut command = self.command(shell, script, arguments);
            tools::run("try", &mut command, limits, &reach)
        }

        /// The same without all that: what the script does is possible.
        fn free(&self, shell: &str, script: &str, arguments: &[String]) -> String {
            let output = self.command(shell, script, arguments).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        }
    }

    #[test]
    fn a_tool_reads_and_writes_nothing_elsewhere() {
        const SCRIPT: &str = r#"
            cat ../in/input.txt > own.txt
            cat "$1" > taken.txt
            ln -s "$1" link
            cat link > followed.txt
            echo written > "$2"
            echo changed > ../in/input.txt
            exit 0
        "#;
        if !is_there() {
            return;
        }
        let try_it = |confined: bool| {
            let elsewhere = tempfile::tempdir().unwrap();
            let [secret, target] =
                ["secret.txt", "target.txt"].map(|name| elsewhere.path().join(name));
            std::fs::write(&secret, "secret").unwrap();
            let place = Place::new();
            let arguments = [&secret, &target].map(|path| path.display().to_string());
            match confined {
                true => drop(place.confined("/bin/sh", SCRIPT, &arguments, LONG).unwrap()),
                false => drop(place.free("/bin/sh", SCRIPT, &arguments)),
            }
            [
                place.text("out/own.txt"),
                place.text("out/taken.txt"),
                place.text("out/followed.txt"),
                std::fs::read_to_string(target).ok(),
                place.text("in/input.txt"),
            ]
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            try_it(false),
            [
                some("input"),
                some("secret"),
                some("secret"),
                some("written\n"),
                some("changed\n")
            ]
        );
        assert_eq!(
            try_it(true),
            [some("input"), some(""), some(""), None, some("input")]
        );
    }

    #[test]
    fn a_tool_reaches_no_network() {
        const SCRIPT: &str =
            r#"(: 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && echo connected || echo refused"#;
        if !is_there() || !has_bash() {
            return;
        }
        if !fence::knows_networks() {
            eprintln!("skipped: this kernel's Landlock has no rules about TCP");
            return;
        }
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = [server.local_addr().unwrap().port().to_string()];
        let place = Place::new();
        assert_eq!(place.free("/bin/bash", SCRIPT, &port), "connected\n");
        let said = place.confined("/bin/bash", SCRIPT, &port, LONG).unwrap();
        assert_eq!(said, "refused\n");
    }

    #[test]
    fn a_tool_gets_no_file_that_this_process_has_open() {
        const SCRIPT: &str = r#"{ cat <&"$1"; } 2>/dev/null || echo closed"#;
        if !is_there() || !has_bash() {
            return;
        }
        let place = Place::new();
        let file = std::fs::File::open(place.path("in/input.txt")).unwrap();
        // SAFETY: the descriptor is the file's; the copy, which stays open in children, is nobody else's.
        let left_open = unsafe {
            let copy = libc::fcntl(file.as_raw_fd(), libc::F_DUPFD, 100);
            assert!(copy >= 100);
            OwnedFd::from_raw_fd(copy)
        };
        let number = [left_open.as_raw_fd().to_string()];
        let said = place.confined("/bin/bash", SCRIPT, &number, LONG).unwrap();
        assert_eq!(said, "closed\n");
        assert_eq!(place.free("/bin/bash", SCRIPT, &number), "input");
    }

    #[test]
    fn what_a_tool_started_ends_with_it() {
        const START: &str = "
            while :; do echo beat >> beats.txt; sleep 0.02; done &
            while [ ! -s beats.txt ]; do sleep 0.01; done
        ";
        for (end, time) in [("exit 0", LONG), ("sleep 60", Duration::from_secs(2))] {
            let place = Place::new();
            let outcome = place.confined("/bin/sh", &format!("{START}{end}"), &[], time);
            match (end, outcome) {
                ("exit 0", outcome) => assert_eq!(outcome.unwrap(), ""),
                (_, Err(BuildError::Command { status, .. })) => {
                    assert_eq!(status, "stopped after 2 s");
                }
                (_, outcome) => panic!("{outcome:?}"),
            }
            let beats = || place.text("out/beats.txt").unwrap().len();
            // The last one may be under way.
            std::thread::sleep(Duration::from_millis(100));
            let before = beats();
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(beats(), before, "{end}");
        }
    }

    #[test]
    fn what_a_tool_takes_is_limited() {
        const SCRIPT: &str = "
            truncate -s 2G large.bin
            truncate -s 1M small.bin
            ulimit -c > cores.txt
            ulimit -n > files.txt
            exit 0
        ";
        let place = Place::new();
        place.confined("/bin/sh", SCRIPT, &[], LONG).unwrap();
        let bytes = |name: &str| std::fs::metadata(place.path(name)).unwrap().len();
        assert_eq!(
            [bytes("out/large.bin"), bytes("out/small.bin")],
            [0, 1 << 20]
        );
        assert_eq!(place.text("out/cores.txt").as_deref(), Some("0\n"));
        assert_eq!(place.text("out/files.txt").as_deref(), Some("1024\n"));
    }

    #[test]
    fn what_a_tool_made_is_read_if_it_is_a_file() {
        let place = Place::new();
        std::fs::write(place.path("out/made"), "made").unwrap();
        assert_eq!(read(&place.path("out/made")).unwrap(), b"made");
        std::os::unix::fs::symlink(place.path("in/input.txt"), place.path("out/link")).unwrap();
        place.free("/bin/sh", "mkfifo pipe", &[]);
        assert!(place.path("out/pipe").exists());
        for name in ["out/link", "out/pipe", "out", "out/nothing"] {
            assert!(read(&place.path(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn the_folder_of_a_tool_is_where_links_lead() {
        let place = Place::new();
        let root = place.root.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("bin")).unwrap();
        std::fs::write(root.join("bin/tool"), "").unwrap();
        std::os::unix::fs::symlink("../bin/tool", root.join("out/linked")).unwrap();
        let beside = vec![root.join("lib"), root.join("lib64")];
        assert_eq!(
            fence::home(&root.join("out/linked")).unwrap(),
            (root.join("bin"), beside)
        );
        let lone = fence::home(&root.join("in/input.txt")).unwrap();
        assert_eq!(lone, (root.join("in"), Vec::new()));
        assert!(fence::home(&root.join("nothing")).is_err());
    }
}
