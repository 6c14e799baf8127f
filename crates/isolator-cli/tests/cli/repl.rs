//! `isolator repl`, from a pipe and at a terminal.

use crate::{Outcome, finish};
use std::process::Command;

fn piped(args: &[&str], input: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.arg("repl").args(args);
    finish(command, input)
}

#[track_caller]
fn prints(input: &str, stdout: &str) {
    let outcome = piped(&[], input);
    let expected = Outcome {
        code: Some(0),
        stdout: stdout.into(),
        stderr: String::new(),
    };
    assert_eq!(outcome, expected);
}

#[test]
fn submissions_from_a_pipe_print_their_values() {
    prints(
        "int x = 6;\nx * 7\n\nint F(int n)\n{\n    return n + x;\n}\nF(1)\nConsole.WriteLine(\"said\");\nnull\n\"a\\u001b\"\n// the end",
        "42\n7\nsaid\nnull\n\"a\\u001b\"\n",
    );
    prints("", "");
    prints("await Task.FromResult(5)", "5\n");
    // What comes through the pipe is no input of theirs.
    prints("Console.ReadLine() ?? \"nothing\"\n1\n", "\"nothing\"\n1\n");
    prints("int x = 1;\n#reset\nint x = 2;\nx\n#quit\nx\n", "2\n");
    let outcome = piped(
        &["--using", "System.Text.Json", "--env", "MODE=test"],
        "JsonSerializer.Serialize(Environment.GetEnvironmentVariable(\"MODE\"))",
    );
    assert_eq!(outcome.stdout, "\"\\\"test\\\"\"\n");
    assert!(piped(&[], "#help\n").stdout.contains("#reset"));
    // Empty lines end nothing here: code that is read has them.
    prints("int F()\n{\n\n\n    return 3;\n}\nF()\n", "3\n");
}

#[test]
fn a_limit_of_time_is_the_compilers_too() {
    let long = "Console.Write(\"text\"); ".repeat(20_000);
    // More than a session takes to begin.
    let outcome = piped(&["--timeout", "500ms"], &long);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(124), ""));
    assert!(
        outcome
            .stderr
            .starts_with("error: the compilation was stopped by --timeout: 500ms allowed, "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_fails_does_not_keep_the_rest_from_running() {
    let outcome = piped(
        &[],
        "int x = 1;\nwrong;\nx + 1\nthrow new Exception(\"no \\u001b]0;title\\u0007\");\nx + 2\n",
    );
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), "2\n3\n"));
    assert!(outcome.stderr.starts_with("submission2(1,1): error CS0103: The name 'wrong' does not exist in the current context\n"), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains(
            "Unhandled exception. System.Exception: no \\u001b]0;title\\u0007\n   at Submission#3."
        ),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("in submission3:line 1\n") && !outcome.stderr.contains("Isolator."),
        "{}",
        outcome.stderr
    );
    assert_eq!(
        piped(&[], "throw new Exception(\"no\");\nwrong").code,
        Some(134)
    );
    let outcome = piped(&[], "1\nint F() {\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), "1\n"));
    assert!(
        outcome.stderr.contains("error CS1513: } expected"),
        "{}",
        outcome.stderr
    );
    let outcome = piped(&[], "string s = null;\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(0), ""));
    assert!(
        outcome.stderr.contains("warning CS8625"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_ends_the_session_ends_it_with_the_codes_of_run() {
    let outcome = piped(&["--timeout", "2s"], "1\nwhile (true) { }\n2\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(124), "1\n"));
    assert!(
        outcome.stderr.contains("stopped by --timeout: 2s allowed"),
        "{}",
        outcome.stderr
    );
    let outcome = piped(&[], "Console.Write(1); Environment.Exit(9);\n2\n");
    assert_eq!(
        outcome,
        Outcome {
            code: Some(9),
            stdout: "1".into(),
            stderr: String::new()
        }
    );
    // Time is each submission's own.
    let outcome = piped(&["--timeout", "3s"], &"Thread.Sleep(1000);\n".repeat(4));
    assert_eq!(
        outcome,
        Outcome {
            code: Some(0),
            stdout: String::new(),
            stderr: String::new()
        }
    );
    let outcome = piped(
        &["--memory", "32MiB"],
        "var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);\n",
    );
    assert_eq!(outcome.code, Some(137), "{outcome:?}");
    let outcome = piped(&["--stats"], "1\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(0), "1\n"));
    assert!(
        outcome.stderr.starts_with("peak memory  "),
        "{}",
        outcome.stderr
    );
    let outcome = piped(&["--packages", "."], "#:package Nothing@1.0\n");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("submission1(1,1): error ISO0002: `#:package Nothing@1.0`: `Nothing` is not among the packages that scripts may use. `--allow-package` allows it"), "{}", outcome.stderr);
}

#[test]
fn max_output_counts_what_is_printed_of_submissions() {
    let limited = |input: &str| piped(&["--max-output", "100"], input);
    let outcome = limited("1\nnew string('x', 200)\n2\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), "1\n"));
    let stopped = "stopped by --max-output: 100 bytes allowed";
    assert!(outcome.stderr.contains(stopped), "{}", outcome.stderr);
    let outcome = limited(&"1\n".repeat(80));
    assert_eq!(
        (outcome.code, &*outcome.stdout),
        (Some(1), &*"1\n".repeat(50))
    );
    assert!(outcome.stderr.contains(stopped), "{}", outcome.stderr);
    // What it wrote itself, and what it threw, are of the same account.
    let outcome = limited("Console.Write(new string('x', 90));\n\"0123456789\"\n");
    assert_eq!((outcome.code, outcome.stdout.len()), (Some(1), 90));
    assert!(outcome.stderr.contains(stopped), "{}", outcome.stderr);
    let outcome = limited("throw new Exception(new string('x', 500));\n1\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(134), ""));
    assert!(outcome.stderr.contains(stopped), "{}", outcome.stderr);
    assert!(outcome.stderr.len() < 300, "{}", outcome.stderr);
    // Who begins anew counts anew.
    let line = format!("\"{}\"\n", "x".repeat(60));
    let outcome = limited(&format!("{line}#reset\n{line}"));
    assert_eq!((outcome.code, outcome.stdout.len()), (Some(0), 126));
}

#[cfg(target_os = "linux")]
mod terminal {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::{Child, Command};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    /// The program at a pseudo-terminal, which answers where the cursor is as a terminal does.
    struct Terminal {
        child: Child,
        master: File,
        written: Arc<Mutex<Vec<u8>>>,
        /// Up to where its text was looked at.
        seen: usize,
    }

    fn pair() -> (OwnedFd, OwnedFd) {
        let (mut master, mut slave) = (-1, -1);
        let size = libc::winsize {
            ws_row: 40,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the pointers are to places of this function, or null where that is allowed.
        let opened = unsafe {
            libc::openpty(
                &mut master,
                &mut slave,
                std::ptr::null_mut(),
                std::ptr::null(),
                &size,
            )
        };
        assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
        // SAFETY: both were just opened, and belong to nobody else.
        unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) }
    }

    /// A text without what a terminal obeys.
    fn plain(bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '\x1b' => match rest.next() {
                    Some('[') => while rest.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                    Some(']') => while rest.next().is_some_and(|c| c != '\x07' && c != '\x1b') {},
                    _ => {}
                },
                '\r' => {}
                other => plain.push(other),
            }
        }
        plain
    }

    impl Terminal {
        fn start(state: &Path, args: &[&str]) -> Self {
            Self::run(state, &[&["repl"], args].concat())
        }

        fn run(state: &Path, args: &[&str]) -> Self {
            let (master, slave) = pair();
            let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
            command
                .args(args)
                .env("XDG_STATE_HOME", state)
                .env("TERM", "xterm-256color")
                .env_remove("ISOLATOR_LOG")
                .env_remove("RUST_LOG")
                .env_remove("NO_COLOR")
                .stdin(slave.try_clone().unwrap())
                .stdout(slave.try_clone().unwrap())
                .stderr(slave);
            // SAFETY: what runs between fork and exec calls the system alone.
            unsafe {
                command.pre_exec(|| {
                    if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                        return Err(std::io::Error::last_os_error());
                    }
                    Ok(())
                });
            }
            let child = command.spawn().unwrap();
            drop(command);
            let master = File::from(master);
            let written = Arc::new(Mutex::new(Vec::new()));
            let (mut reader, mut answers, all) = (
                master.try_clone().unwrap(),
                master.try_clone().unwrap(),
                written.clone(),
            );
            std::thread::spawn(move || {
                let mut part = [0; 4096];
                while let Ok(length) = reader.read(&mut part) {
                    if length == 0 {
                        break;
                    }
                    let part = &part[..length];
                    for _ in 0..part
                        .windows(4)
                        .filter(|window| window == b"\x1b[6n")
                        .count()
                    {
                        let _ = answers.write_all(b"\x1b[1;1R");
                    }
                    all.lock().unwrap().extend_from_slice(part);
                }
            });
            Self {
                child,
                master,
                written,
                seen: 0,
            }
        }

        fn send(&mut self, keys: &str) {
            self.master.write_all(keys.as_bytes()).unwrap();
        }

        /// Waits until this is written, after what was waited for before.
        #[track_caller]
        fn expect(&mut self, text: &str) {
            let began = Instant::now();
            loop {
                let all = plain(&self.written.lock().unwrap());
                let new = &all[self.seen..];
                if let Some(found) = new.find(text) {
                    self.seen += found + text.len();
                    return;
                }
                assert!(
                    began.elapsed() < Duration::from_secs(60),
                    "{text:?} is not in {new:?}"
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }

        /// A submission at the next prompt, and what comes of it. What is typed before the prompt is there may be lost.
        #[track_caller]
        fn submit(&mut self, text: &str, expected: &str) {
            self.expect("> ");
            self.send(text);
            self.send("\r");
            self.expect(expected);
        }

        #[track_caller]
        fn ends(mut self, code: i32) -> String {
            let began = Instant::now();
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    assert_eq!(
                        status.code(),
                        Some(code),
                        "{}",
                        plain(&self.written.lock().unwrap())
                    );
                    return plain(&self.written.lock().unwrap());
                }
                assert!(
                    began.elapsed() < Duration::from_secs(60),
                    "{}",
                    plain(&self.written.lock().unwrap())
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn submissions_are_typed_completed_and_remembered() {
        let state = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::start(state.path(), &[]);
        terminal.expect("#help says more.\n");
        terminal.submit("int customers = 6;", "\n");
        terminal.submit("customers * 7", "\n42\n");
        // A line more, until it is one.
        terminal.submit("int Next(int n) {", "· ");
        terminal.send("return n + 1; }\r");
        terminal.submit("Next(customers)", "\n7\n");
        // The rest of the name comes with the tabulator.
        terminal.expect("> ");
        terminal.send("custo\t");
        terminal.expect("customers");
        terminal.send(" + 10\r");
        terminal.expect("\n16\n");
        // What is wrong has its line and a mark.
        terminal.submit("1 + wrong", "error CS0103");
        terminal.expect("    1 + wrong\n        ^~~~~\n");
        // What a stranger's text would have the terminal do is shown.
        terminal.submit(
            "throw new Exception(\"a\\u001b[2Jb\");",
            "System.Exception: a\\u001b[2Jb",
        );
        terminal.submit("\"\\u009b2J\"", "\n\"\\u009b2J\"\n");
        terminal.submit("#help", "#reset");
        terminal.expect("> ");
        terminal.send("\x04");
        terminal.ends(0);

        let file = state.path().join("isolator/repl_history");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let history = std::fs::read_to_string(&file).unwrap();
        assert!(history.contains("customers * 7\n"), "{history}");
        // The next one finds it.
        let mut terminal = Terminal::start(state.path(), &[]);
        terminal.expect("> ");
        terminal.send("\x1b[A");
        terminal.expect("#help");
        terminal.send("\x03");
        terminal.submit("1 + 2", "\n3\n");
        terminal.submit("#quit", "\n");
        terminal.ends(0);
    }

    #[test]
    fn what_is_wrong_with_an_expression_has_its_line_on_a_terminal() {
        let state = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::run(state.path(), &["eval", "1 +\n  wrong"]);
        terminal.expect("expression(2,3): error CS0103");
        terminal.expect("\n      wrong\n      ^~~~~\n");
        terminal.ends(1);
    }

    #[test]
    fn what_is_wrong_with_loaded_sources_has_its_line_on_a_terminal() {
        let state = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = state.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        write("lib.cs", "\nint x = wrong;\n");
        let main = write("main.cs", "#load \"lib.cs\"\n");
        let mut terminal = Terminal::run(state.path(), &["check", &main]);
        terminal.expect("lib.cs(2,9): error CS0103");
        terminal.expect("\n    int x = wrong;\n            ^~~~~\n");
        terminal.ends(1);
        let main = write("none.cs", "\n#load \"nothing.cs\"\n");
        let mut terminal = Terminal::run(state.path(), &["run", &main]);
        terminal.expect("none.cs(2,1): error ISO0002: `#load");
        terminal.expect("\n    #load \"nothing.cs\"\n    ^~\n");
        terminal.ends(1);
    }

    #[test]
    fn a_line_of_the_source_that_a_line_directive_names_is_shown_on_a_terminal() {
        let state = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = state.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let page = write("page.cs", "// a page\nclass Page { }\n");
        let made = write("made.cs", "#line 2 \"page.cs\"\nint x = wrong;\n");
        let mut terminal = Terminal::run(state.path(), &["check", &made, &page]);
        terminal.expect("page.cs(2,9): error CS0103");
        terminal.expect("\n    class Page { }\n            ^~~~~\n");
        terminal.ends(1);
    }

    #[test]
    fn two_empty_lines_end_a_submission_that_is_not_complete() {
        let state = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::start(state.path(), &[]);
        terminal.submit("int Half() {", "· ");
        terminal.send("\r");
        terminal.expect("· ");
        terminal.send("\r");
        terminal.expect("error CS1513: } expected");
        terminal.submit("1 + 2", "\n3\n");
        terminal.submit("#quit", "\n");
        terminal.ends(0);
    }

    #[test]
    fn what_runs_is_stopped_and_the_prompt_comes_back() {
        let state = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::start(state.path(), &["--timeout", "20s"]);
        terminal.submit("int x = 1;", "\n");
        terminal.submit("Console.Write(\"be\" + \"gun\"); while (true) { }", "begun");
        terminal.send("\x03");
        terminal.expect("\nCancelled.\n");
        terminal.expect("begins anew.\n");
        terminal.submit("x", "error CS0103");
        terminal.submit("1 + 1", "\n2\n");
        // What a submission reads is typed, too.
        terminal.submit(
            "Console.Write(\"na\" + \"me?\"); Console.ReadLine()",
            "name?",
        );
        terminal.send("typed\r");
        terminal.expect("\n\"typed\"\n");
        // It ends as the program says.
        terminal.submit("Environment.Exit(3);", "\n");
        terminal.ends(3);
        let mut terminal = Terminal::start(state.path(), &["--timeout", "2s"]);
        terminal.submit("while (true) { }", "stopped by --timeout: 2s allowed");
        terminal.submit("5", "\n5\n");
        terminal.submit("#exit", "\n");
        terminal.ends(0);
    }
}
