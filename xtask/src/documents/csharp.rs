//! The documents' C#: each block becomes a method of its own, over what `xtask/documents/Context.cs` gives all of them, and is compiled.

use super::Workshop;
use super::text::{Block, Document};
use anyhow::{Context, Result, ensure};
use std::fmt::Write;

const PROJECT: &str = r#"<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <!-- With symbols the compiler would look for the documents, to write down what they hold. -->
    <DebugType>none</DebugType>
    <EnableNETAnalyzers>false</EnableNETAnalyzers>
    <!-- A piece of a program uses not all that it declares. -->
    <WarningLevel>0</WarningLevel>
    <NoWarn>$(NoWarn);CS1998;CS0219;CS0168;CS8321;CS8600;CS8602;CS8603;CS8604</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <ProjectReference Include="REPOSITORY/bindings/dotnet/DotNetIsolator/DotNetIsolator.csproj" />
    <ProjectReference Include="REPOSITORY/guest-dotnet/DotNetIsolator.Guest/DotNetIsolator.Guest.csproj" />
    <!-- As the tests of the library have them. -->
    <PackageReference Include="Microsoft.Extensions.Configuration.EnvironmentVariables" Version="10.0.15" />
    <PackageReference Include="Microsoft.Extensions.Diagnostics.Abstractions" Version="10.0.15" />
    <PackageReference Include="Microsoft.Extensions.Logging.Configuration" Version="10.0.15" />
    <PackageReference Include="OpenTelemetry" Version="1.20.1" />
  </ItemGroup>
</Project>
"#;

/// Compiles every block.
pub fn compile(workshop: &Workshop<'_>, documents: &[Document]) -> Result<()> {
    let folder = workshop.workspace.join("target/documents/csharp");
    std::fs::create_dir_all(&folder)?;
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "cs") {
            std::fs::remove_file(path)?;
        }
    }
    let blocks: Vec<Block<'_>> = documents
        .iter()
        .flat_map(Document::blocks)
        .filter(|block| block.language == "csharp")
        .collect();
    ensure!(
        blocks.len() > 20,
        "only {} blocks of C# were found",
        blocks.len()
    );
    for (number, block) in blocks.iter().enumerate() {
        std::fs::write(
            folder.join(format!("Block{number}.cs")),
            source(number, block),
        )?;
    }
    let context = workshop.workspace.join("xtask/documents/Context.cs");
    std::fs::copy(&context, folder.join("Context.cs"))
        .with_context(|| format!("copy {}", context.display()))?;
    let project = folder.join("Documents.csproj");
    let repository = workshop.workspace.to_string_lossy();
    std::fs::write(&project, PROJECT.replace("REPOSITORY", &repository))?;
    println!("$ dotnet build, {} blocks of C#", blocks.len());
    workshop.sdk.build(&project, None)
}

/// A block as a file. Faults are reported with the document's own lines.
fn source(number: usize, block: &Block<'_>) -> String {
    let line = format!("#line {} \"{}\"", block.line, block.path);
    // A whole file of a library stands as it is.
    if block.text.starts_with("namespace ") {
        return format!("{line}\n{}", block.text);
    }
    let (mut usings, mut body) = (String::new(), String::new());
    for text in block.text.lines() {
        // `using X;` belongs above the class, `using var x = …` is a statement.
        let names = text
            .strip_prefix("using ")
            .is_some_and(|rest| rest.ends_with(';') && !rest.contains(['=', '(', ' ']));
        // What a reader does there.
        let text = text
            .strip_suffix('…')
            .map_or(text.into(), |rest| format!("{rest}{{ }}"));
        if names {
            usings += &text;
            usings.push('\n');
            body.push('\n');
        } else {
            body += &text;
            body.push('\n');
        }
    }
    let mut file = String::new();
    let _ = write!(
        file,
        "{usings}using DotNetIsolator;\nusing OpenTelemetry;\nusing OpenTelemetry.Metrics;\nusing OpenTelemetry.Trace;\nusing Microsoft.Extensions.DependencyInjection;\nusing Microsoft.Extensions.Logging;\nusing static Documents.Context;\n\
         namespace Documents;\ninternal static class Block{number}\n{{\ninternal static async Task Run()\n{{\n\
         {line}\n{body}\n#line default\n}}\n}}\n"
    );
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_becomes_a_method() {
        let block = |text: &str| Block {
            path: "a.md",
            line: 7,
            language: "csharp",
            text: text.into(),
        };
        let file = source(
            3,
            &block("using System.Text;\nusing var x = Make();\nforeach (var y in x) …\n"),
        );
        assert!(file.starts_with("using System.Text;\n"), "{file}");
        assert!(
            file.contains("#line 7 \"a.md\"\n\nusing var x = Make();\nforeach (var y in x) { }\n"),
            "{file}"
        );
        let library = source(4, &block("namespace Shop;\npublic class A;\n"));
        assert_eq!(
            library,
            "#line 7 \"a.md\"\nnamespace Shop;\npublic class A;\n"
        );
    }
}
