//! Packages that scripts ask for.

use crate::{scripts, source};
use isolator_script::{Error, Globals, ScriptHost, ScriptHostBuilder};
use std::io::Write;
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Writes a package with a library that is compiled for it: a class of the package's name, whose `Name` is this. The result is the library.
fn package(folder: &Path, id: &str, version: &str, value: &str, dependencies: &str) -> Vec<u8> {
    package_with(folder, id, version, value, dependencies, &[])
}

/// The same, with more entries.
fn package_with(
    folder: &Path,
    id: &str,
    version: &str,
    value: &str,
    dependencies: &str,
    more: &[(&str, &[u8])],
) -> Vec<u8> {
    let text = format!(
        "namespace Packaged; public static class {id} {{ public static string Name => {value}; }}"
    );
    let library = ScriptHost::builder()
        .host(scripts().host())
        .package_folder(folder)
        .options(isolator_script::Options::default().kind(isolator_script::Kind::Library));
    let library = allowing(library, &["Base", "Other"]).build().unwrap();
    let needed = if dependencies.contains("id=\"Base\"") {
        "#:package Base\n"
    } else {
        ""
    };
    let compiled = library
        .compile(&source(&format!("{needed}{text}")))
        .unwrap();
    let specification = format!(
        "<package><metadata><id>{id}</id><version>{version}</version><dependencies><group targetFramework=\".NETStandard2.0\">{dependencies}</group></dependencies></metadata></package>"
    );
    let path = folder.join(format!("{id}.{version}.nupkg"));
    let mut writer = ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in [
        (format!("{id}.nuspec"), specification.as_bytes()),
        (format!("lib/netstandard2.0/{id}.dll"), compiled.assembly()),
        (format!("lib/net48/{id}.dll"), &b"of another .NET"[..]),
        ("../../evil.dll".into(), b"evil"),
    ] {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    for (name, bytes) in more {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    compiled.assembly().to_vec()
}

fn allowing(mut builder: ScriptHostBuilder, names: &[&str]) -> ScriptHostBuilder {
    for name in names {
        builder = builder.allow_package(*name);
    }
    builder
}

fn host(folder: &Path, allowed: &[&str]) -> ScriptHost {
    let builder = ScriptHost::builder()
        .host(scripts().host())
        .package_folder(folder);
    allowing(builder, allowed).build().unwrap()
}

#[track_caller]
fn refused(host: &ScriptHost, text: &str) -> String {
    match host.compile(&source(text)) {
        Err(error @ Error::Directive { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_package_comes_with_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), "Base", "1.0.0", "\"base 1.0\"", "");
    package(folder.path(), "Base", "1.2.0", "\"base 1.2\"", "");
    package(folder.path(), "Base", "2.0.0-rc.1", "\"base 2.0\"", "");
    package(
        folder.path(),
        "Other",
        "1.0.0",
        "Base.Name + \" for other\"",
        "<dependency id=\"Base\" version=\"1.1\"/><dependency id=\"System.Memory\" version=\"4.5.5\"/>",
    );
    let host = host(folder.path(), &["other", "BASE"]);
    let output = |text: &str| {
        let ran = host.run(&source(text), &[], |builder| builder).unwrap();
        assert_eq!(ran.result.unwrap(), 0);
        String::from_utf8(ran.stdout).unwrap()
    };
    // What is needed is the oldest that fits; where no version is named, the newest release.
    assert_eq!(
        output("#:package Other@1.0.0\nConsole.Write(Packaged.Other.Name);"),
        "base 1.2 for other"
    );
    assert_eq!(
        output("#:package Base@1.0\nConsole.Write(Packaged.Base.Name);"),
        "base 1.0"
    );
    assert_eq!(
        output("#:package Base\nConsole.Write(Packaged.Base.Name);"),
        "base 1.2"
    );
    assert_eq!(
        output("#:package base@2.0.0-RC.1\nConsole.Write(Packaged.Base.Name);"),
        "base 2.0"
    );
    // Asked for twice, or with a version that another one needs.
    assert_eq!(
        output("#:package Base@1.2.0\n#:package Other\nConsole.Write(Packaged.Other.Name);"),
        "base 1.2 for other"
    );
    let compiled = host
        .compile(&source("#:package Other\nclass A { }"))
        .unwrap();
    let packages: Vec<String> = compiled
        .packages()
        .iter()
        .map(|package| format!("{} {}", package.name(), package.version()))
        .collect();
    assert_eq!(packages, ["Base 1.2.0", "Other 1.0.0"]);
    // Who does not ask has none.
    let found = host
        .check(&source("Console.Write(Packaged.Base.Name);"))
        .unwrap();
    assert_eq!(found[0].id, "CS0103");
}

#[test]
fn a_session_asks_for_packages_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), "Base", "1.0.0", "\"base 1.0\"", "");
    package(folder.path(), "Base", "1.2.0", "\"base 1.2\"", "");
    package(
        folder.path(),
        "Other",
        "1.0.0",
        "Base.Name + \" for other\"",
        "<dependency id=\"Base\" version=\"1.1\"/>",
    );
    let host = host(folder.path(), &["Base", "Other"]);
    let mut session = host.session(|builder| builder).unwrap();
    let mut shown = |text: &str| {
        session
            .execute(text)
            .map(|submission| submission.value_text.unwrap_or_default())
    };
    shown("int x = 1;").unwrap();
    assert_eq!(
        shown("#:package Base@1.2.0\nusing Packaged;\nBase.Name").unwrap(),
        "\"base 1.2\""
    );
    assert_eq!(shown("Base.Name + x").unwrap(), "\"base 1.21\"");
    assert_eq!(
        shown("#:package Other\nPackaged.Other.Name").unwrap(),
        "\"base 1.2 for other\""
    );
    let message = shown("#:package Base@1.0.0\n1").unwrap_err().to_string();
    assert!(
        message.contains("the session has Base 1.2.0 already, and cannot have 1.0.0 of it, too"),
        "{message}"
    );
    session.reset().unwrap();
    assert!(session.execute("Packaged.Base.Name").is_err());
}

#[test]
fn what_cannot_be_had_is_said_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), "Base", "1.0.0", "\"base\"", "");
    package(
        folder.path(),
        "Other",
        "1.0.0",
        "\"other\"",
        "<dependency id=\"Nowhere\" version=\"1.0\"/>",
    );
    package(
        folder.path(),
        "Newer",
        "1.0.0",
        "\"newer\"",
        "<dependency id=\"Base\" version=\"[3.0,4.0)\"/>",
    );
    std::fs::copy(
        folder.path().join("Base.1.0.0.nupkg"),
        folder.path().join("Liar.1.0.0.nupkg"),
    )
    .unwrap();
    std::fs::write(folder.path().join("Broken.1.0.0.nupkg"), "no archive").unwrap();
    let host = host(
        folder.path(),
        &["Base", "Other", "Newer", "Liar", "Broken", "Missing"],
    );
    let message = refused(&host, "// first\n#:package Secret@1.0\n");
    assert!(message.starts_with("script.cs(2,1): error: `#:package Secret@1.0`: `Secret` is not among the packages that scripts may use"), "{message}");
    assert!(refused(&host, "#:package Missing").contains("there is no package `Missing` in"));
    assert!(
        refused(&host, "#:package Base@2.0").contains("of `Base` there is no version 2.0.0 in")
    );
    assert!(
        refused(&host, "#:package Other")
            .contains("Other needs it: there is no package `Nowhere` in")
    );
    assert!(
        refused(&host, "#:package Newer")
            .contains("Newer needs it: of `Base` there is no version [3.0.0, 4.0.0) in")
    );
    assert!(refused(&host, "#:package Liar").contains("it says that it is Base 1.0.0"));
    assert!(refused(&host, "#:package Broken").contains("it is no archive"));
    assert!(refused(&host, "#:package ../Base").contains("that is no package's name"));
    assert!(refused(&host, "#:package Base@[1.0]").contains("is no version"));
    assert!(
        refused(&host, "#:package Base@1.0\n#:package Base@1.0")
            .contains("(2,1): error: `#:package Base@1.0`: line 1 is about the same")
    );
    // None at all.
    assert!(refused(scripts(), "#:package Base").contains("`Base` is not among the packages"));
}

#[test]
fn analyzers_and_generators_of_a_package_are_not_loaded() {
    let elsewhere = tempfile::tempdir().unwrap();
    // An assembly as any, and none at all: who looked at that would say so.
    let other = package(elsewhere.path(), "Other", "1.0.0", "\"other\"", "");
    let folder = tempfile::tempdir().unwrap();
    package_with(
        folder.path(),
        "Base",
        "1.0.0",
        "\"base\"",
        "",
        &[
            ("analyzers/dotnet/cs/Other.dll", &other),
            ("analyzers/dotnet/cs/Gen.dll", b"no assembly"),
            ("analyzers/dotnet/roslyn4.0/cs/Gen.dll", b"MZ"),
            ("build/Base.targets", b"<Project><Target Name=\"Evil\""),
        ],
    );
    let host = host(folder.path(), &["Base"]);
    let text = "#:package Base\nConsole.Write(Packaged.Base.Name);\n\
                foreach (var loaded in AppDomain.CurrentDomain.GetAssemblies())\n\
                    if (loaded.GetName().Name is \"Other\" or \"Gen\") Console.Write(loaded);\n";
    let ran = host.run(&source(text), &[], |builder| builder).unwrap();
    assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"base"[..]));
    let compiled = host.compile(&source(text)).unwrap();
    let assemblies: Vec<&str> = compiled.packages()[0]
        .assemblies()
        .map(|(name, _)| name)
        .collect();
    assert_eq!((compiled.packages().len(), assemblies.len()), (1, 1));
    assert_eq!(compiled.diagnostics().to_string(), "");
    // What an analyzer's assembly has is nothing to refer to.
    let found = host
        .check(&source("#:package Base\n_ = Packaged.Other.Name;"))
        .unwrap();
    assert_eq!((found.len(), &*found[0].id), (1, "CS0234"));
}

/// What NuGet itself restored, for the tests' assemblies.
#[test]
fn a_package_of_the_world_works() {
    // As `cargo xtask test` restores them.
    let folder = std::env::var_os("NUGET_PACKAGES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/toolchain/nuget-packages"),
        Into::into,
    );
    let host = host(&folder, &["Newtonsoft.Json"]);
    let ran = host
        .run(&source("#:package Newtonsoft.Json\nConsole.Write(Newtonsoft.Json.JsonConvert.SerializeObject(new { A = 1 }));"), &[], |builder| builder)
        .unwrap();
    assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"{\"A\":1}"[..]));
}

#[test]
fn a_package_is_asked_for_as_scripts_do_and_in_the_version_that_may_be_used() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), "Base", "1.0.0", "\"base 1.0\"", "");
    package(folder.path(), "Base", "1.2.0", "\"base 1.2\"", "");
    package(folder.path(), "Base", "2.0.0-rc.1", "\"base 2.0\"", "");
    let any = host(folder.path(), &["base"]);
    let pinned = host(folder.path(), &["base@1.0.0"]);
    let early = host(folder.path(), &["base@1.0", "Base@2.0.0-rc.1"]);
    let output = |host: &ScriptHost, line: &str| {
        let text = format!("{line}\nConsole.Write(Packaged.Base.Name);");
        let ran = host.run(&source(&text), &[], |builder| builder).unwrap();
        ran.result.as_ref().unwrap();
        ran.stdout_utf8()
    };
    assert_eq!(output(&any, "#r \"nuget: Base\""), "base 1.2");
    assert_eq!(output(&any, "#r \"nuget:base, 1.0.0\" // old"), "base 1.0");
    assert_eq!(output(&pinned, "#r \"nuget: Base\""), "base 1.0");
    assert_eq!(output(&pinned, "#:package Base@*"), "base 1.0");
    assert_eq!(output(&pinned, "#:package Base@1.0"), "base 1.0");
    assert_eq!(output(&early, "#:package Base"), "base 2.0");
    let value: String = any
        .eval(
            "#r \"nuget: Base, 1.2.0\"\nPackaged.Base.Name",
            &Globals::new(),
        )
        .unwrap();
    assert_eq!(value, "base 1.2");
    let mut session = any.session(|builder| builder).unwrap();
    session.execute("#r \"nuget: Base, 1.0.0\"").unwrap();
    let submission = session.execute("Packaged.Base.Name").unwrap();
    assert_eq!(submission.value_text.as_deref(), Some("\"base 1.0\""));
    assert_eq!(
        refused(&any, "\n#r \"nuget: Other, 1.0.0\""),
        "script.cs(2,1): error: `#r \"nuget: Other, 1.0.0\"`: `Other` is not among the packages that scripts may use. `ScriptHostBuilder::allow_package` allows it"
    );
    assert_eq!(
        refused(&pinned, "#:package Base@1.2.0"),
        "script.cs(1,1): error: `#:package Base@1.2.0`: scripts may use it in version 1.0.0, and not in 1.2.0. `ScriptHostBuilder::allow_package` allows it"
    );
    let builder = ScriptHost::builder().host(scripts().host());
    let wrong = builder.allow_package("Base@x").build().unwrap_err();
    assert!(matches!(wrong, Error::Options { .. }), "{wrong}");
}
