//! No culture is silently another one: of those that a native .NET knows, each says inside what it says there, or is refused with an exception.

use isolator_tests::{fixture, host, native_dotnet};
use std::collections::BTreeMap;

const FIXTURE: &str = "Cultured";
const PROGRAM: &str = "Cultured.Program";

/// What each culture says natively, by its name.
fn natively() -> BTreeMap<String, Vec<String>> {
    let output = native_dotnet()
        .arg(fixture(FIXTURE).join(format!("{FIXTURE}.dll")))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lines(String::from_utf8(output.stdout).unwrap().lines())
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, Vec<String>> {
    let fields = lines.map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    fields.map(|fields| (fields[0].clone(), fields[1..].to_vec())).collect()
}

fn ask<T: serde::de::DeserializeOwned>(method: &str, argument: impl serde::Serialize) -> T {
    host().create_runtime().unwrap().call(FIXTURE, PROGRAM, method, (argument,)).unwrap()
}

fn inside(names: &[&String]) -> BTreeMap<String, Vec<String>> {
    let found: Vec<String> = ask("Lines", names);
    lines(found.iter().map(String::as_str))
}

/// What stands for a culture where there is nothing of it.
const STAND_INS: &[&str] = &["", "en"];

#[test]
fn no_culture_is_silently_another_one() {
    let native = natively();
    assert!(native.len() > 700, "{} cultures are known natively", native.len());
    let isolated = inside(&native.keys().collect::<Vec<_>>());
    let (mut refused, mut silent) = (0, Vec::new());
    for (name, expected) in &native {
        let found = &isolated[name];
        if let Some(text) = found[0].strip_prefix('!') {
            refused += 1;
            let lower = name.to_ascii_lowercase();
            let why = format!("name {name} Culture is not supported: this guest image has no data of '{lower}', and would format as another culture does.");
            assert!(text.starts_with(&why), "{text}");
            continue;
        }
        for stand_in in STAND_INS {
            let other = &isolated[*stand_in];
            let fields = expected.iter().zip(found).zip(other).enumerate();
            let taken = fields.filter(|(_, ((expected, found), other))| expected != found && found == other);
            silent.extend(taken.map(|(field, ((expected, found), _))| format!("{name}, field {field}: {found} as '{stand_in}', natively {expected}")));
        }
    }
    assert!(silent.is_empty(), "{} fields are another culture's, add names to cultures.def:\n{}", silent.len(), silent.join("\n"));
    let listed: Vec<String> = host().create_runtime().unwrap().call(FIXTURE, PROGRAM, "Names", ()).unwrap();
    assert!(listed.len() > 200, "{} cultures are known inside", listed.len());
    assert!(refused + listed.len() >= native.len(), "{refused} of {} cultures are refused, {} known", native.len(), listed.len());
}
