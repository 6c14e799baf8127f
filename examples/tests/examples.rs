//! Each example, run as its reader runs it: what it prints is what this repository says that it does.

use std::path::{Path, PathBuf};
use std::process::Command;
#[cfg(unix)]
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

/// What was compiled of the examples' C#.
fn compiled(folder: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/examples")
        .join(folder);
    assert!(
        path.is_dir(),
        "{} is not there: `cargo xtask test` compiles the examples' C#, and then runs the tests",
        path.display()
    );
    path
}

fn run(program: &str, folder: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .arg(compiled(folder))
        .args(arguments)
        // The compiler for programs is among what the guest image was built with.
        .env(
            "NUGET_PACKAGES",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/toolchain/nuget-packages"),
        )
        .output()
        .unwrap_or_else(|error| panic!("start {program}: {error}"));
    let (printed, said) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(
        output.status.success(),
        "{program}: {}\n{printed}\n{said}",
        output.status
    );
    printed
}

#[test]
fn orders_go_on_in_other_processes() {
    assert_eq!(
        run(env!("CARGO_BIN_EXE_workflow"), "Orders", &[]),
        "book ordered: waits\n\
         book ordered, 12.50 paid: waits\n\
         book ordered, 12.50 paid, approved by Ada: book is on its way\n\
         pen ordered: waits\n\
         pen ordered, 12.50 paid: waits\n\
         pen ordered, 12.50 paid, nobody approved it in time: 12.50 go back\n"
    );
}

#[test]
fn plug_ins_go_wrong_alone() {
    let texts = [
        "one two",
        "throw",
        "two three",
        "hang",
        "crash",
        "eat",
        "exit",
        "three",
    ];
    let printed = run(env!("CARGO_BIN_EXE_plug-ins"), "plug-ins", &texts);
    assert_eq!(
        printed,
        "\
> one two
  Faulty: fine
  Shout: ONE TWO
  WordCount: 2 words so far, 2 different ones
> throw
  Faulty failed: System.InvalidOperationException: I do not like this text
  Shout: THROW
  WordCount: 3 words so far, 3 different ones
> two three
  Faulty: fine
  Shout: TWO THREE
  WordCount: 5 words so far, 4 different ones
> hang
  Faulty is started anew: it reached its limit of time of one call, 2s
  Shout: HANG
  WordCount: 6 words so far, 5 different ones
> crash
  Faulty is started anew: it crashed (FailFast)
  Shout: CRASH
  WordCount: 7 words so far, 6 different ones
> eat
  Faulty failed: System.OutOfMemoryException: Out of memory
  Shout: EAT
  WordCount: 8 words so far, 7 different ones
> exit
  Faulty is started anew: it ended itself with code 3
  Shout: EXIT
  WordCount: 9 words so far, 8 different ones
> three
  Faulty: fine
  Shout: THREE
  WordCount: 10 words so far, 8 different ones
"
    );
}

#[test]
fn tenants_live_beside_one_another() {
    let printed = run(env!("CARGO_BIN_EXE_tenants"), "Ledgers", &[]);
    assert_eq!(
        printed,
        "\
50 tenants have what is theirs, each 10 bookings
a call for ever ended at its limit; meanwhile another tenant booked 7
a tenant got System.OutOfMemoryException
a tenant was cancelled while it waited
a call was given up, and its tenant cleaned up
"
    );
}

#[test]
fn hosts_are_called() {
    let printed = run(env!("CARGO_BIN_EXE_callbacks"), "Shop", &[]);
    assert_eq!(
        printed,
        "\
total: 20500 cents
the guest was told: no price: Call to host failed: The call failed. See host console logs for details.
fetched: <a> and <b>
1. 10 × item 1
2. 20 × item 2
3. 30 × item 3
rows that the host was asked for: 3
"
    );
}

#[test]
fn rules_of_customers_fail_alone() {
    let printed = run(env!("CARGO_BIN_EXE_rules-server"), "Rules", &[]);
    assert_eq!(
        printed,
        r#"careful: 200 {"Accepted":true,"Discount":0.1,"Reason":"large orders get 10 %"}
endless: 422 {"error":"the rule reached its limit of CPU time of one call, 1s"}
greedy: 422 {"error":"System.OutOfMemoryException: Out of memory"}
crashing: 422 {"error":"the rule crashed: Environment.FailFast"}
careful: 200 {"Accepted":true,"Discount":0.0,"Reason":"the ordinary price"}
careful: 422 {"error":"System.ArgumentException: an order of 0 lamp for 40 is none"}
nobody: 404 {"error":"there is no such customer"}
"#
    );
}

#[test]
fn uploads_are_compiled_while_they_are_interpreted() {
    let image = isolator_host::GuestImage::find(None).unwrap();
    // The guest that is interpreted itself runs no compiled programs.
    let (how, refused) = match image.manifest().compiled_methods {
        0 => ("interpreted", ""),
        _ => (
            "compiled",
            "Letter stays interpreted: the file is no .NET assembly\n",
        ),
    };
    let printed = run(env!("CARGO_BIN_EXE_uploads"), "Routes", &[]);
    let wanted = format!(
        "\
Routes: the cheapest way costs 295 (interpreted)
Routes: the cheapest way costs 295 ({how})
{refused}Letter: "
    );
    assert!(printed.starts_with(&wanted), "{printed}");
}

/// A server that ends with its test, however that ends.
#[cfg(unix)]
struct Server(Child);

#[cfg(unix)]
impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_is_interrupted_answers_what_was_begun() {
    let child = Command::new(env!("CARGO_BIN_EXE_rules-server"))
        .arg(compiled("Rules"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Server(child);
    let mut printed = BufReader::new(server.0.stdout.take().unwrap());
    let mut line = String::new();
    printed.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap();

    let order = r#"{"Item":"lamp","Count":2,"Price":40}"#;
    let decided = r#"{"Accepted":true,"Discount":0.0,"Reason":"the ordinary price"}"#;
    // A request up to its body, which the server says that it waits for: then the order is begun.
    let begin = || {
        let mut connection = TcpStream::connect(address).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let head = format!(
            "POST /rules/careful HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n",
            order.len()
        );
        connection.write_all(head.as_bytes()).unwrap();
        let wanted = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut told = vec![0; wanted.len()];
        connection.read_exact(&mut told).unwrap();
        assert_eq!(told, wanted, "{}", String::from_utf8_lossy(&told));
        connection
    };
    let finish = |mut connection: TcpStream| {
        connection.write_all(order.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(decided),
            "{answer}"
        );
    };
    finish(begin());

    let begun = begin();
    let interrupted = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", server.0.id())])
        .status()
        .unwrap();
    assert!(interrupted.success());
    // It takes no more connections, and still has what was begun.
    let late = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < late, "the server still listens");
        std::thread::sleep(Duration::from_millis(10));
    }
    finish(begun);
    let mut rest = String::new();
    printed.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "ended; what was begun is answered\n");
    assert!(server.0.wait().unwrap().success());
}
