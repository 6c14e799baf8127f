//! C# scripts: compiled in a sandbox, run in a fresh one.

use super::guest::anonymous_kb;
use super::native_program;
use super::stats::{Row, sample, scaled};
use crate::managed::Sdk;
use anyhow::{Context, Result, ensure};
use isolator_host::IsolatedRuntimeHost;
use isolator_script::{Globals, ScriptHost, Source};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compilers that live at once for the row of memory.
const LIVE: usize = 8;

/// Twenty lines, as a person or an agent writes them.
const PROGRAM: &str = r#"using System.Text;

var items = new List<Item> { new(1, "lamp", 40.5), new(2, "chair", 12), new(3, "table", 99) };
int limit = args.Length > 0 ? int.Parse(args[0]) : 50;
var cheap = from item in items where item.Price < limit orderby item.Price select item;
foreach (var item in cheap)
{
    Console.WriteLine($"{item.Id}: {item.Name} {item.Price:F2}");
}
var text = new StringBuilder();
for (int i = 0; i < 5; i++)
{
    text.Append(i % 2 == 0 ? "even " : "odd ");
}
Console.WriteLine(text.ToString().Trim());
Console.WriteLine(Fib(15));

static int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);

record Item(int Id, string Name, double Price);
"#;
const PRINTED: &str = "2: chair 12.00\n1: lamp 40.50\neven odd even odd even\n610\n";

/// Two hundred lines, of which every tenth has an error.
fn with_errors(number: usize) -> String {
    let mut text = format!("class Checked{number}\n{{\n");
    for line in 0..198 {
        let _ = match line % 10 {
            9 => writeln!(text, "    int Wrong{line} => missing{number} + {line};"),
            _ => writeln!(
                text,
                "    string Line{line}(int n) => n > {line} ? $\"{{n}} is more\" : string.Join(\", \", new[] {{ n, {line} }});"
            ),
        };
    }
    text.push_str("}\n");
    text
}

/// What an editor checks: eight classes of 26 lines, each with two errors.
fn accounts(number: usize) -> String {
    let class = include_str!("script/account.cs");
    (0..CLASSES)
        .map(|each| class.replace("Account", &format!("Account{number}_{each}")))
        .collect()
}
/// See [`accounts`].
const CLASSES: usize = 8;

/// Measures all rows.
pub fn rows(sdk: &Sdk, workspace: &Path, image: &Path, samples: usize) -> Result<Vec<Row>> {
    let host = IsolatedRuntimeHost::builder().guest(image).build()?;
    let times = (samples / 10).clamp(3, 30);
    let scripts = ScriptHost::builder().host(&host).build()?;
    let mut rows = Vec::new();
    let milliseconds = |times| scaled(times, 0.001);

    let mut number = 0;
    let mut sources = || {
        number += 1;
        [Source::new("script.cs", format!("{PROGRAM}// {number}\n"))]
    };
    let run = |source: &[Source]| -> Result<()> {
        let ran = scripts.run(source, &[], |builder| builder)?;
        ensure!(
            ran.result? == 0 && ran.stdout == PRINTED.as_bytes(),
            "{:?}",
            String::from_utf8_lossy(&ran.stdout)
        );
        Ok(())
    };
    let fresh = sample(times, || run(&sources()))?;
    rows.push(
        Row::of(
            "script_fresh_ms",
            "compile a program of 20 lines in a fresh sandbox, and run it in another",
            "ms",
            milliseconds(fresh),
        )
        .target(40.0),
    );
    let known = sources();
    let cached = sample(samples, || run(&known))?;
    rows.push(
        Row::of(
            "script_cached_ms",
            "the same program again, in another sandbox",
            "ms",
            milliseconds(cached),
        )
        .target(1.0),
    );

    let mut compiler = scripts.compiler()?;
    let mut number = 0;
    let checked = sample(times, || {
        number += 1;
        let found = compiler.check(&[Source::new("checked.cs", accounts(number))])?;
        ensure!(found.len() == 2 * CLASSES, "{found}");
        Ok(())
    })?;
    rows.push(
        Row::of(
            "script_check_ms",
            "check 200 lines with 16 errors, in a live compiler",
            "ms",
            milliseconds(checked),
        )
        .target(25.0),
    );
    let mut number = 0;
    let checked = sample(times, || {
        number += 1;
        let found = compiler.check(&[Source::new("checked.cs", with_errors(number))])?;
        ensure!(found.len() == 19, "{found}");
        Ok(())
    })?;
    rows.push(Row::of(
        "script_check_joins_ms",
        "the same of 200 lines, 178 of them with an interpolated string, a conditional and `string.Join`",
        "ms",
        milliseconds(checked),
    ));
    let mut session = scripts.session(|builder| builder)?;
    session.execute("int[] numbers = [1, 2, 3];")?;
    let mut number = 0;
    let evaluated = sample(times, || {
        number += 1;
        let submission = session.execute(&format!("numbers.Where(n => n > 1).Sum() + {number}"))?;
        ensure!(
            submission.value_text.as_deref() == Some(&*(5 + number).to_string()),
            "{submission:?}"
        );
        Ok(())
    })?;
    rows.push(
        Row::of(
            "script_eval_ms",
            "an expression in a live session",
            "ms",
            milliseconds(evaluated),
        )
        .target(10.0),
    );
    drop(session);
    let mut number = 0;
    let evaluated = sample(times, || {
        number += 1;
        let globals = Globals::new().set("numbers", [1, 2, 3])?;
        let sum: i32 = scripts.eval(
            &format!("numbers.Where(n => n > 1).Sum() + {number}"),
            &globals,
        )?;
        ensure!(sum == 5 + number, "{sum}");
        Ok(())
    })?;
    rows.push(Row::of(
        "script_eval_fresh_ms",
        "compile an expression in a fresh sandbox, and evaluate it in another",
        "ms",
        milliseconds(evaluated),
    ));

    let before = anonymous_kb()?;
    let mut live = Vec::new();
    for _ in 0..LIVE {
        let mut compiler = scripts.compiler()?;
        compiler.compile(&sources())?;
        live.push(compiler);
    }
    let each = (anonymous_kb()? - before) / 1024.0 / LIVE as f64;
    drop(live);
    let what = format!("private memory of a sandbox after one compilation, {LIVE} live");
    rows.push(Row::of("script_private_mb", &what, "MB", vec![each]).target(20.0));
    drop(scripts);
    rows.extend(processes(
        sdk,
        workspace,
        image,
        times,
        samples >= THOROUGH,
    )?);
    Ok(rows)
}

/// What `dotnet run` must be told, so that it needs no package of the network.
const PROPERTIES: &str =
    "#:property PublishAot=false\n#:property NuGetAudit=false\n#:property UseAppHost=false\n";

/// With fewer samples nobody waits a minute for a compiler that is prepared anew.
const THOROUGH: usize = 10;

/// Whole processes: this one's program, and what others offer. Anew: with nothing in the cache, where it is the user's otherwise.
fn processes(
    sdk: &Sdk,
    workspace: &Path,
    image: &Path,
    times: usize,
    anew: bool,
) -> Result<Vec<Row>> {
    let place = tempfile::tempdir()?;
    let cache = anew.then(|| place.path().join("cache"));
    let hello = place.path().join("hello.cs");
    let program = "Console.WriteLine(\"hello\");\n";
    std::fs::write(&hello, program).context("write hello.cs")?;
    let isolator = command_line(workspace)?;
    let ours = |args: &[&str]| {
        let mut command = Command::new(&isolator);
        command
            .args(args)
            .env("ISOLATOR_GUEST", image)
            .env("ISOLATOR_SCRIPTING", crate::scripting::folder(workspace));
        if let Some(cache) = &cache {
            command.env("ISOLATOR_CACHE", cache);
        }
        command
    };
    let file = hello.display().to_string();
    let run = || says(&mut ours(&["run", &file]), "hello\n");
    let eval = || says(&mut ours(&["eval", "6 * 7"]), "42\n");
    let first = sample(1, run)?;
    let again = sample(times, run)?;
    let mut number = 0;
    let changed = sample(times, || {
        number += 1;
        std::fs::write(&hello, format!("{program}// {number}\n")).context("write hello.cs")?;
        says(&mut ours(&["run", &file]), "hello\n")
    })?;
    let what =
        "`isolator run hello.cs`, whole process, nothing in the cache: the compiler is prepared";
    let first = Row::of("script_first_process_ms", what, "ms", scaled(first, 0.001));
    let mut rows: Vec<Row> = anew.then_some(first).into_iter().collect();
    rows.extend([
        Row::of(
            "script_process_ms",
            "`isolator run hello.cs`, whole process, again: nothing is compiled",
            "ms",
            scaled(again, 0.001),
        )
        .target(80.0),
        Row::of(
            "script_changed_process_ms",
            "the same of a source that was changed, and is compiled",
            "ms",
            scaled(changed, 0.001),
        ),
        Row::of(
            "script_eval_process_ms",
            "`isolator eval '6 * 7'`, whole process, warm cache",
            "ms",
            scaled(sample(times, eval)?, 0.001),
        ),
    ]);
    rows.extend(native(sdk, place.path(), program, times)?);
    Ok(rows)
}

/// The same with the SDK at hand.
fn native(sdk: &Sdk, place: &Path, program: &str, times: usize) -> Result<Vec<Row>> {
    let file = place.join("native.cs");
    std::fs::write(&file, format!("{PROPERTIES}{program}")).context("write native.cs")?;
    let run = || {
        let mut command = sdk.verb(&["run".as_ref(), file.as_ref()]);
        command.current_dir(place);
        says(&mut command, "hello\n")
    };
    let first = sample(1, run)?;
    let again = sample(times.min(10), run)?;
    // The SDK's own compiler, as a process that begins anew each time.
    let compiler = roslyn(sdk).join("csc.dll");
    let references = framework(&sdk.tools.dotnet)?;
    let source = place.join("classic.cs");
    std::fs::write(&source, format!("using System;\n{program}")).context("write classic.cs")?;
    let out = place.join("classic.dll");
    let cold = sample(times.min(10), || {
        let mut command = Command::new(&sdk.tools.dotnet);
        command.arg(&compiler).args(["-nologo", "-noconfig"]);
        for reference in &references {
            command.arg(format!("-r:{}", reference.display()));
        }
        command
            .arg(format!("-out:{}", out.display()))
            .arg(&source)
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        says(&mut command, "")
    })?;
    let warm = warm_natively(sdk, place, times)?;
    Ok(vec![
        Row::of(
            "native_script_check_ms",
            "Roslyn in a native process that has checked the same 200 lines before, forty times",
            "ms",
            warm,
        ),
        Row::of(
            "native_script_first_process_ms",
            "`dotnet run hello.cs`, whole process, for the first time",
            "ms",
            scaled(first, 0.001),
        ),
        Row::of(
            "native_script_process_ms",
            "`dotnet run hello.cs`, whole process, again: nothing is compiled",
            "ms",
            scaled(again, 0.001),
        ),
        Row::of(
            "native_script_compile_ms",
            "Roslyn in a native process of its own: compile hello.cs",
            "ms",
            scaled(cold, 0.001),
        ),
    ])
}

/// Checks the same lines with the SDK's own compiler, in one process. The result is milliseconds.
fn warm_natively(sdk: &Sdk, place: &Path, times: usize) -> Result<Vec<f64>> {
    let project = place.join("checking");
    std::fs::create_dir_all(&project).context("make a folder")?;
    let write = |name: &str, content: &str| {
        std::fs::write(project.join(name), content).with_context(|| format!("write {name}"))
    };
    let roslyn = roslyn(sdk);
    let reference = |name: &str| {
        let path = roslyn.join(format!("{name}.dll"));
        format!(
            "<Reference Include=\"{name}\"><HintPath>{}</HintPath></Reference>",
            path.display()
        )
    };
    let references = ["Microsoft.CodeAnalysis", "Microsoft.CodeAnalysis.CSharp"].map(reference);
    write(
        "checking.csproj",
        &format!(
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><UseAppHost>false</UseAppHost><NuGetAudit>false</NuGetAudit><InvariantGlobalization>true</InvariantGlobalization></PropertyGroup><ItemGroup>{}</ItemGroup></Project>",
            references.concat()
        ),
    )?;
    write("Checking.cs", include_str!("script/checking.cs"))?;
    let out = place.join("checking-out");
    sdk.build(&project.join("checking.csproj"), Some(&out))?;
    const BEFORE: usize = 40;
    for number in 0..BEFORE + times {
        write(&format!("{number}.txt"), &accounts(number))?;
    }
    let said = native_program(
        sdk,
        &out.join("checking.dll"),
        &[
            &project.display().to_string(),
            &(BEFORE + times).to_string(),
            &(2 * CLASSES).to_string(),
        ],
    )?;
    let all = said
        .lines()
        .map(|line| line.parse().with_context(|| format!("it said {line:?}")))
        .collect::<Result<Vec<f64>>>()?;
    ensure!(all.len() == BEFORE + times, "it said {said:?}");
    Ok(all[BEFORE..].to_vec())
}

/// The folder of the SDK's own compiler.
fn roslyn(sdk: &Sdk) -> PathBuf {
    sdk.tools
        .dotnet
        .with_file_name("sdk")
        .join(&sdk.tools.sdk_version)
        .join("Roslyn/bincore")
}

/// The base class library of the .NET at hand.
fn framework(dotnet: &Path) -> Result<Vec<PathBuf>> {
    let shared = dotnet.with_file_name("shared/Microsoft.NETCore.App");
    Ok(isolator_guest_shim::steps::files_under(&shared, &|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".dll")
            && (name.starts_with("System.") || name == "mscorlib.dll")
            && !name.contains("Native")
    })?)
}

/// Runs a command, which must say that.
fn says(command: &mut Command, expected: &str) -> Result<()> {
    let output = command.output().context("start a program of the bench")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said == expected,
        "{command:?} said {said:?} and {:?}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The program `isolator`, built as this one is.
fn command_line(workspace: &Path) -> Result<PathBuf> {
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    let folder = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "isolator",
            "--profile",
            profile,
        ])
        .current_dir(workspace)
        .status()
        .context("start cargo")?;
    ensure!(status.success(), "the program `isolator` cannot be built");
    let name = format!("isolator{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.join("target").join(folder).join(name))
}
