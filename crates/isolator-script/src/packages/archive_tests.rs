use super::*;
use std::io::Write;
use zip::write::{SimpleFileOptions, ZipWriter};

fn zipped(entries: &[(&str, &[u8])]) -> Arc<[u8]> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner().into()
}

fn specification(dependencies: &str) -> Vec<u8> {
    format!(
        "\u{feff}<?xml version=\"1.0\"?><package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id> Some.Package </id>\
         <version>1.2.0-RC</version><authors>a</authors>{dependencies}</metadata></package>"
    )
    .into_bytes()
}

fn wrong(bytes: Arc<[u8]>) -> String {
    Content::of(bytes).unwrap_err()
}

#[test]
fn a_specification_says_name_version_and_what_is_needed() {
    let groups = "<dependencies>\
        <group targetFramework=\".NETFramework4.5\"><dependency id=\"Old\" version=\"1.0\"/></group>\
        <group targetFramework=\".NETStandard2.0\"><dependency id=\"Standard\" version=\"1.0\"/></group>\
        <group targetFramework=\"net8.0\"><dependency id=\"Near\" version=\"[1.0,2.0)\" exclude=\"Build\"/><dependency id=\"Any\"/></group>\
        <group targetFramework=\"net11.0\"><dependency id=\"New\" version=\"1.0\"/></group></dependencies>";
    let content = Content::of(zipped(&[("Some.Package.nuspec", &specification(groups))])).unwrap();
    assert_eq!(
        (&*content.id, content.version.to_string()),
        ("Some.Package", "1.2.0-rc".into())
    );
    let range = |text| VersionRange::parse(text).unwrap();
    assert_eq!(
        content.dependencies,
        [
            ("Near".to_owned(), range("[1.0,2.0)")),
            ("Any".to_owned(), range(""))
        ]
    );
    assert!(content.assemblies.is_empty());
    let flat = "<dependencies><dependency id=\"Flat\" version=\"3\"/></dependencies>";
    let content = Content::of(zipped(&[("a.NUSPEC", &specification(flat))])).unwrap();
    assert_eq!(content.dependencies, [("Flat".to_owned(), range("3"))]);
}

#[test]
fn the_folder_of_the_nearest_framework_is_taken() {
    let names =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let all = names(&[
        "lib/net48/A.dll",
        "lib/netstandard2.0/A.dll",
        "lib/net8.0/A.dll",
        "lib/net8.0/B.DLL",
        "lib/net8.0/A.xml",
        "lib/net8.0/de/A.resources.dll",
        "lib/net8.0-windows7.0/A.dll",
        "lib/net11.0/A.dll",
        "ref/net10.0/A.dll",
        "../lib/net10.0/A.dll",
        "lib/net10.0\\A.dll",
        "lib/net9.0/..\\evil.dll",
        "runtimes/unix/lib/net10.0/A.dll",
    ]);
    // What is named to get out of a folder is no assembly; its folder counts all the same.
    assert_eq!(chosen(&all).unwrap(), Vec::<&str>::new());
    assert_eq!(
        chosen(&all[..6]).unwrap(),
        ["lib/net8.0/A.dll", "lib/net8.0/B.DLL"]
    );
    assert_eq!(chosen(&names(&["lib/A.dll"])).unwrap(), ["lib/A.dll"]);
    assert_eq!(
        chosen(&names(&["lib/net5.0/_._"])).unwrap(),
        Vec::<&str>::new()
    );
    assert_eq!(
        chosen(&names(&["build/a.targets"])).unwrap(),
        Vec::<&str>::new()
    );
    assert_eq!(
        chosen(&names(&["lib/net48/A.dll", "lib/uap10.0/A.dll"])).unwrap_err(),
        "it has no assemblies for .NET 10, an older .NET or .NET Standard, but for net48, uap10.0"
    );
}

#[test]
fn what_is_no_package_is_refused() {
    assert!(wrong(b"PK no archive".to_vec().into()).starts_with("it is no archive: "));
    assert!(wrong(Vec::new().into()).starts_with("it is no archive: "));
    assert_eq!(
        wrong(zipped(&[("x/a.nuspec", b"")])),
        "it has no specification (`.nuspec`)"
    );
    assert!(
        wrong(zipped(&[("a.nuspec", b"<package>")])).starts_with("its specification `a.nuspec`: ")
    );
    assert_eq!(
        wrong(zipped(&[("a.nuspec", b"\xff")])),
        "its specification `a.nuspec` is not UTF-8 text"
    );
    assert!(wrong(zipped(&[("a.nuspec", b"<p/>")])).ends_with("it has no `metadata`"));
    let entity =
        b"<!DOCTYPE a [<!ENTITY b \"c\">]><package><metadata><id>&b;</id></metadata></package>";
    assert!(wrong(zipped(&[("a.nuspec", entity)])).contains("DTD"));
    let library = zipped(&[
        ("a.nuspec", &specification("")),
        ("lib/net8.0/A.dll", b"MZ no assembly"),
    ]);
    assert_eq!(
        wrong(library),
        "`lib/net8.0/A.dll` in it is no .NET assembly"
    );
    let many = "<dependency id=\"a\"/>".repeat(MOST_DEPENDENCIES + 1);
    let many = specification(&format!("<dependencies>{many}</dependencies>"));
    assert!(wrong(zipped(&[("a.nuspec", &many)])).ends_with("it names more than 500 packages"));
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    assert!(
        wrong(zipped(&[("a.nuspec", deep.as_bytes())])).contains("nodes limit"),
        "{}",
        wrong(zipped(&[("a.nuspec", deep.as_bytes())]))
    );
}

#[test]
fn what_grows_when_it_is_read_is_read_to_its_limit() {
    let zeros = vec![0; 200 << 20];
    let bomb = zipped(&[("a.nuspec", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(wrong(bomb), "`a.nuspec` in it has more than 1048576 bytes");
    let bomb = zipped(&[
        ("a.nuspec", &specification("")),
        ("lib/net8.0/A.dll", &zeros),
    ]);
    assert_eq!(
        wrong(bomb),
        "`lib/net8.0/A.dll` in it has more than 67108864 bytes"
    );
    // A size that is a lie: the header says little.
    let mut lie = zipped(&[("a.nuspec", &zeros)]).to_vec();
    let size = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    let mut places = 0;
    for at in 0..lie.len() - 4 {
        if lie[at..at + 4] == size {
            lie[at..at + 4].copy_from_slice(&[100, 0, 0, 0]);
            places += 1;
        }
    }
    assert_eq!(places, 2);
    assert!(wrong(lie.into()).starts_with("`a.nuspec` in it "));
    let names: Vec<String> = (0..=MOST_ENTRIES)
        .map(|number| format!("{number}"))
        .collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b""[..])).collect();
    assert_eq!(wrong(zipped(&entries)), "it has more than 20000 entries");
}
