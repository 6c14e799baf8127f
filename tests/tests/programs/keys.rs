//! Keys of the console: what characters of standard input stand for inside, and natively where a terminal sends them.

use crate::FIXTURE;
use isolator_host::{Stdin, Stdio};
use isolator_tests::host;

const PROGRAM: &str = "console-keys";

/// What a terminal sends, and the keys that it stands for: the character, the key and the modifiers of each.
const SEQUENCES: &[(&str, &str)] = &[
    // Characters.
    ("a", "a:A"),
    ("Z", "Z:Z/Shift"),
    ("7", "7:D7"),
    (" ", " :Spacebar"),
    ("\x09", "^9:Tab"),
    ("\x7f", "^127:Backspace"),
    ("\x08", "^8:Backspace/Control"),
    ("\x01", "^1:A/Control"),
    ("\x02", "^2:B/Control"),
    ("\x1d", "^0:D5/Control"),
    ("\x1f", "^0:D7/Control"),
    ("\x00", "^0:D2/Control"),
    ("*", "*:Multiply"),
    ("+", "+:Add"),
    ("-", "-:Subtract"),
    ("/", "/:Divide"),
    (",", ",:OemComma"),
    (".", ".:OemPeriod"),
    ("=", "=:None"),
    ("!", "!:None"),
    ("é", "é:None"),
    // Escapes, and keys with Alt.
    ("\x1b", "^27:Escape"),
    ("\x1b\x1b", "^27:Escape ^27:Escape"),
    ("\x1ba", "a:A/Alt"),
    ("\x1bA", "A:A/Alt+Shift"),
    ("\x1b7", "7:D7/Alt"),
    ("\x1b ", " :Spacebar/Alt"),
    ("\x1b\x09", "^9:Tab/Alt"),
    ("\x1b\x7f", "^127:Backspace/Alt"),
    ("\x1b\x01", "^0:A/Alt+Control"),
    ("\x1b=", "=:None"),
    ("\x1b[", "[:None"),
    ("\x1bO", "O:O/Alt+Shift"),
    ("\x1bab", "^27:Escape a:A b:B"),
    ("\x1b\x1bx", "^27:Escape x:X/Alt"),
    ("\x1b\x1b[", "^27:Escape [:None"),
    ("\x1b\x1b[A", "^0:UpArrow/Alt"),
    ("\x1b\x1bOP", "^0:F1/Alt"),
    ("\x1b\x1b[15~", "^0:F5/Alt"),
    ("\x1b\x1b[3^", "^0:Delete/Alt+Control"),
    ("\x1b\x1b[1;2C", "^0:RightArrow/Alt+Shift"),
    ("\x1b\x1b[[B", "^0:F2/Alt"),
    ("\x1b\x1b\x1b[A", "^27:Escape ^0:UpArrow/Alt"),
    ("\x1b[A\x1b[B", "^0:UpArrow ^0:DownArrow"),
    ("\x1bOPx", "^0:F1 x:X"),
    // xterm's.
    ("\x1b[A", "^0:UpArrow"),
    ("\x1bOA", "^0:UpArrow"),
    ("\x1b[B", "^0:DownArrow"),
    ("\x1bOB", "^0:DownArrow"),
    ("\x1b[C", "^0:RightArrow"),
    ("\x1bOC", "^0:RightArrow"),
    ("\x1b[D", "^0:LeftArrow"),
    ("\x1bOD", "^0:LeftArrow"),
    ("\x1b[H", "^0:Home"),
    ("\x1bOH", "^0:Home"),
    ("\x1b[F", "^0:End"),
    ("\x1bOF", "^0:End"),
    ("\x1b[1;2A", "^0:UpArrow/Shift"),
    ("\x1b[1;3A", "^0:UpArrow/Alt"),
    ("\x1b[1;4A", "^0:UpArrow/Alt+Shift"),
    ("\x1b[1;5A", "^0:UpArrow/Control"),
    ("\x1b[1;6A", "^0:UpArrow/Shift+Control"),
    ("\x1b[1;7A", "^0:UpArrow/Alt+Control"),
    ("\x1b[1;8A", "^0:UpArrow/Alt+Shift+Control"),
    ("\x1b[1;5H", "^0:Home/Control"),
    ("\x1b[1;3F", "^0:End/Alt"),
    ("\x1b[1;2P", "^0:F1/Shift"),
    ("\x1b[1;6S", "^0:F4/Shift+Control"),
    ("\x1b[1;5Z", "^0:F11/Control"),
    ("\x1b[1;5E", "^0:NoName/Control"),
    ("\x1b[1;5M", "^0:Enter/Control"),
    ("\x1b[3;5~", "^0:Delete/Control"),
    ("\x1b[2;2~", "^0:Insert/Shift"),
    ("\x1b[6;8~", "^0:PageDown/Alt+Shift+Control"),
    ("\x1b[15;2~", "^0:F5/Shift"),
    ("\x1b[24;3~", "^0:F12/Alt"),
    ("\x1b[34;5~", "^0:F20/Control"),
    ("\x1b[Z", "^0:Tab/Shift"),
    ("\x1bOE", "^0:Home"),
    ("\x1bOM", "^13:Enter"),
    // Numbered ones.
    ("\x1b[1~", "^0:Home"),
    ("\x1b[2~", "^0:Insert"),
    ("\x1b[3~", "^0:Delete"),
    ("\x1b[4~", "^0:End"),
    ("\x1b[5~", "^0:PageUp"),
    ("\x1b[6~", "^0:PageDown"),
    ("\x1b[7~", "^0:Home"),
    ("\x1b[8~", "^0:End"),
    ("\x1b[11~", "^0:F1"),
    ("\x1b[12~", "^0:F2"),
    ("\x1b[13~", "^0:F3"),
    ("\x1b[14~", "^0:F4"),
    ("\x1b[15~", "^0:F5"),
    ("\x1b[17~", "^0:F6"),
    ("\x1b[18~", "^0:F7"),
    ("\x1b[19~", "^0:F8"),
    ("\x1b[20~", "^0:F9"),
    ("\x1b[21~", "^0:F10"),
    ("\x1b[23~", "^0:F11"),
    ("\x1b[24~", "^0:F12"),
    ("\x1b[25~", "^0:F13"),
    ("\x1b[26~", "^0:F14"),
    ("\x1b[28~", "^0:F15"),
    ("\x1b[29~", "^0:F16"),
    ("\x1b[31~", "^0:F17"),
    ("\x1b[32~", "^0:F18"),
    ("\x1b[33~", "^0:F19"),
    ("\x1b[34~", "^0:F20"),
    // rxvt's.
    ("\x1b[3^", "^0:Delete/Control"),
    ("\x1b[3$", "^0:Delete/Shift"),
    ("\x1b[3@", "^0:Delete/Shift+Control"),
    ("\x1b[11^", "^0:F1/Control"),
    ("\x1b[25$", "^0:F13/Shift"),
    ("\x1b[34@", "^0:F20/Shift+Control"),
    ("\x1bOa", "^0:UpArrow/Shift"),
    ("\x1bOb", "^0:DownArrow/Shift"),
    ("\x1bOc", "^0:RightArrow/Shift"),
    ("\x1bOd", "^0:LeftArrow/Shift"),
    ("\x1bOx", "^0:UpArrow"),
    ("\x1bOr", "^0:DownArrow"),
    ("\x1bOv", "^0:RightArrow"),
    ("\x1bOt", "^0:LeftArrow"),
    ("\x1bOq", "^0:End"),
    ("\x1bOw", "^0:End"),
    ("\x1bOs", "^0:PageDown"),
    ("\x1bOy", "^0:PageUp"),
    ("\x1bOp", "^0:Insert"),
    ("\x1bOn", "^0:Delete"),
    ("\x1bOu", "^0:NoName"),
    ("\x1bOj", "*:Multiply"),
    ("\x1bOk", "+:Add"),
    ("\x1bOm", "-:Subtract"),
    ("\x1bOo", "/:Divide"),
    ("\x1bOP", "^0:F1"),
    ("\x1bOQ", "^0:F2"),
    ("\x1bOR", "^0:F3"),
    ("\x1bOS", "^0:F4"),
    ("\x1bOT", "^0:F5"),
    ("\x1bOU", "^0:F6"),
    ("\x1bOV", "^0:F7"),
    ("\x1bOW", "^0:F8"),
    ("\x1bOX", "^0:F9"),
    ("\x1bOY", "^0:F10"),
    ("\x1bOZ", "^0:F11"),
    ("\x1bO[", "^0:F12"),
    // Those of Linux's console.
    ("\x1b[[A", "^0:F1"),
    ("\x1b[[B", "^0:F2"),
    ("\x1b[[C", "^0:F3"),
    ("\x1b[[D", "^0:F4"),
    ("\x1b[[E", "^0:F5"),
    // SCO's.
    ("\x1b[G", "^0:PageDown"),
    ("\x1b[I", "^0:PageUp"),
    ("\x1b[M", "^0:F1"),
    ("\x1b[N", "^0:F2"),
    ("\x1b[O", "^0:F3"),
    ("\x1b[P", "^0:F4"),
    ("\x1b[Q", "^0:F5"),
    ("\x1b[R", "^0:F6"),
    ("\x1b[S", "^0:F7"),
    ("\x1b[T", "^0:F8"),
    ("\x1b[U", "^0:F9"),
    ("\x1b[V", "^0:F10"),
    ("\x1b[W", "^0:F11"),
    ("\x1b[X", "^0:F12"),
    ("\x1b[Y", "^0:F1/Shift"),
    ("\x1b[a", "^0:F3/Shift"),
    ("\x1b[b", "^0:F4/Shift"),
    ("\x1b[c", "^0:F5/Shift"),
    ("\x1b[d", "^0:F6/Shift"),
    ("\x1b[e", "^0:F7/Shift"),
    ("\x1b[f", "^0:F8/Shift"),
    ("\x1b[g", "^0:F9/Shift"),
    ("\x1b[h", "^0:F10/Shift"),
    ("\x1b[i", "^0:F11/Shift"),
    ("\x1b[j", "^0:F12/Shift"),
    ("\x1b[k", "^0:F1/Control"),
    ("\x1b[l", "^0:F2/Control"),
    ("\x1b[m", "^0:F3/Control"),
    ("\x1b[n", "^0:F4/Control"),
    ("\x1b[o", "^0:F5/Control"),
    ("\x1b[p", "^0:F6/Control"),
    ("\x1b[q", "^0:F7/Control"),
    ("\x1b[r", "^0:F8/Control"),
    ("\x1b[s", "^0:F9/Control"),
    ("\x1b[t", "^0:F10/Control"),
    ("\x1b[u", "^0:F11/Control"),
    ("\x1b[v", "^0:F12/Control"),
    ("\x1b[w", "^0:F1/Shift+Control"),
    ("\x1b[x", "^0:F2/Shift+Control"),
    ("\x1b[y", "^0:F3/Shift+Control"),
    ("\x1b[z", "^0:F4/Shift+Control"),
    ("\x1b[@", "^0:F5/Shift+Control"),
    ("\x1b[[", "^0:F6/Shift+Control"),
    ("\x1b[<", "^0:F7/Shift+Control"),
    ("\x1b[]", "^0:F8/Shift+Control"),
    ("\x1b[^", "^0:F9/Shift+Control"),
    ("\x1b[_", "^0:F10/Shift+Control"),
    ("\x1b[`", "^0:F11/Shift+Control"),
    ("\x1b[{", "^0:F12/Shift+Control"),
    ("\x1b[\\", "^0:F7/Shift+Control"),
    // What is none.
    ("\x1b[1;9A", "^27:Escape [:None 1:D1 ;:None 9:D9 A:A/Shift"),
    ("\x1b[1;1A", "^27:Escape [:None 1:D1 ;:None 1:D1 A:A/Shift"),
    ("\x1b[1;5a", "^27:Escape [:None 1:D1 ;:None 5:D5 a:A"),
    ("\x1b[[F", "^27:Escape [:None [:None F:F/Shift"),
    ("\x1b[16~", "^27:Escape [:None 1:D1 6:D6 ~:None"),
    ("\x1b[9~", "^27:Escape [:None 9:D9 ~:None"),
    ("\x1b[22~", "^27:Escape [:None 2:D2 2:D2 ~:None"),
    ("\x1b[35~", "^27:Escape [:None 3:D3 5:D5 ~:None"),
    ("\x1b[E", "^27:Escape [:None E:E/Shift"),
    ("\x1b[K", "^27:Escape [:None K:K/Shift"),
    ("\x1b[5", "^27:Escape [:None 5:D5"),
    ("\x1bOz", "^27:Escape O:O/Shift z:Z"),
    ("\x1b[0~", "^27:Escape [:None 0:D0 ~:None"),
    ("\x1b[123~", "^27:Escape [:None 1:D1 2:D2 3:D3 ~:None"),
    ("\x1b[1;5", "^27:Escape [:None 1:D1 ;:None 5:D5"),
    ("\x1b[12", "^27:Escape [:None 1:D1 2:D2"),
];

/// What is only so inside, where input mostly comes from no keyboard: the end of a line is the key that ends it.
const ENDS_OF_LINES: &[(&str, &str)] = &[("\n", "^13:Enter"), ("\r", "^13:Enter")];

fn inside(input: &str) -> String {
    let mut runtime = host()
        .runtime()
        .stdin(Stdin::Bytes(input.to_owned().into()))
        .stdout(Stdio::Capture)
        .create()
        .unwrap();
    let assembly = runtime.load_assembly(FIXTURE).unwrap();
    let code = runtime.run_main(&assembly, &[PROGRAM]).unwrap();
    assert_eq!(code, 0, "{input:?}");
    runtime.stdout_utf8()
}

#[test]
fn sequences_of_characters_are_the_keys_of_a_terminal() {
    for (sequence, keys) in SEQUENCES.iter().chain(ENDS_OF_LINES) {
        assert_eq!(
            inside(sequence),
            format!("ready\n{keys}\nInvalidOperationException\n"),
            "{sequence:?}"
        );
    }
}

#[test]
fn a_key_that_comes_in_two_parts_is_one() {
    // Standard input is read in parts of 4096 bytes.
    let keys = inside(&format!("{}\x1b[1;5A", "a".repeat(4092)));
    let end = "a:A a:A ^0:UpArrow/Control\nInvalidOperationException\n";
    assert!(keys.ends_with(end), "{}", &keys[keys.len() - 100..]);
}

#[cfg(target_os = "linux")]
mod terminal {
    use super::{PROGRAM, SEQUENCES};
    use crate::FIXTURE;
    use isolator_tests::{fixture, native_dotnet};
    use std::fs::File;
    use std::io::{BufRead, BufReader, Write};
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Stdio;
    use std::sync::mpsc;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// What is a key by the description of the terminal alone, which not every machine has.
    const DESCRIBED: &[&str] = &["\x1b[Z", "\x1bOE"];

    fn pair() -> (OwnedFd, OwnedFd) {
        let (mut master, mut slave) = (-1, -1);
        // SAFETY: the pointers are to places of this function, or null where that is allowed.
        let opened = unsafe {
            libc::openpty(
                &mut master,
                &mut slave,
                std::ptr::null_mut(),
                std::ptr::null(),
                std::ptr::null(),
            )
        };
        assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
        // SAFETY: both were just opened, and belong to nobody else.
        unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) }
    }

    fn is_described() -> bool {
        [
            "/etc/terminfo",
            "/lib/terminfo",
            "/usr/share/terminfo",
            "/usr/share/misc/terminfo",
        ]
        .iter()
        .any(|folder| Path::new(folder).join("x/xterm").is_file())
    }

    /// What the program at the terminal says of each sequence, and what is said inside.
    fn typed(
        master: &mut File,
        lines: &mpsc::Receiver<String>,
    ) -> Option<Vec<(&'static str, String, &'static str)>> {
        lines.recv_timeout(PATIENCE).ok()?;
        // Until it waits for a key, and has made the terminal give each as it comes.
        std::thread::sleep(Duration::from_millis(300));
        let is_described = is_described();
        let mut seen = Vec::new();
        for (sequence, keys) in SEQUENCES {
            if is_described || !DESCRIBED.contains(sequence) {
                master.write_all(sequence.as_bytes()).ok()?;
                seen.push((*sequence, lines.recv_timeout(PATIENCE).ok()?, *keys));
            }
        }
        Some(seen)
    }

    #[test]
    fn a_native_program_at_a_terminal_sees_the_same_keys() {
        let (master, slave) = pair();
        let mut command = native_dotnet();
        command
            .arg(fixture(FIXTURE).join(format!("{FIXTURE}.dll")))
            .arg(PROGRAM)
            .env("TERM", "xterm")
            .stdin(slave)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // SAFETY: what runs between fork and exec calls the system alone.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap();
        drop(command);
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let seen = typed(&mut File::from(master), &lines);
        let _ = child.kill();
        let _ = child.wait();
        let seen = seen.expect("the program ended, or waits for more than a key");
        for (sequence, native, inside) in seen {
            assert_eq!(native, inside, "{sequence:?}");
        }
    }
}
