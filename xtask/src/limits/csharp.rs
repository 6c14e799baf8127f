//! The C# library: the enumeration, the properties, and what C# code calls settings.

use super::{SOURCE, upper};
use crate::made::{File, comment, head};
use isolator_abi::limits::{LIMITS, Limit, OTHER_SETTINGS, Role, Unit};
use std::fmt::Write as _;

/// A documentation comment: on one line if it fits.
fn summary(indent: &str, text: &str) -> String {
    let line = format!("{indent}/// <summary>{text}</summary>\n");
    if line.len() <= 160 {
        return line;
    }
    format!(
        "{indent}/// <summary>\n{}{indent}/// </summary>\n",
        comment(&format!("{indent}/// "), text)
    )
}

/// `IsolatedLimit`.
pub fn limits() -> File {
    let mut numbered: Vec<&Limit> = LIMITS
        .iter()
        .filter(|limit| limit.number.is_some())
        .collect();
    numbered.sort_unstable_by_key(|limit| limit.number);
    let mut text = format!(
        "{}namespace DotNetIsolator;\n\n/// <summary>A limit of a runtime that was reached: see <see cref=\"IsolatedException.Limit\"/>.</summary>\n\
         public enum IsolatedLimit\n{{\n    /// <summary>One that this library does not know.</summary>\n    Other = 0,\n",
        head(SOURCE)
    );
    for limit in numbered {
        let doc = match (limit.role, limit.property) {
            (Role::Limit, Some(property)) => {
                format!("<see cref=\"IsolatedRuntimeOptions.{}\"/>.", property.name)
            }
            _ => limit.csharp_doc.into(),
        };
        let _ = write!(
            text,
            "\n{}    {} = {},\n",
            summary("    ", &doc),
            limit.in_csharp(),
            limit.number.unwrap_or_default()
        );
    }
    text += "}\n";
    ("bindings/dotnet/DotNetIsolator/IsolatedLimit.cs", text)
}

/// The limits that are properties of `IsolatedRuntimeOptions`.
pub fn options() -> File {
    let mut text = format!(
        "{}using System;\nusing System.Collections.Generic;\n\nnamespace DotNetIsolator;\n\n\
         /// <content>Limits that are properties.</content>\npublic sealed partial class IsolatedRuntimeOptions\n{{\n",
        head(SOURCE)
    );
    let mut given = String::new();
    for limit in LIMITS.iter().filter(|limit| limit.role == Role::Limit) {
        let Some(property) = limit.property else {
            continue;
        };
        let name = property.name;
        let (of, helper) = match limit.unit {
            Unit::Time => ("TimeSpan", "OfTime"),
            _ => ("long", "OfNumber"),
        };
        let _ = write!(
            text,
            "{}    public {of}? {name} {{ get; set; }}\n\n",
            summary("    ", property.doc)
        );
        let _ = write!(
            given,
            "\n        if ({name} is {{ }} of{name})\n        {{\n            \
             yield return (IsolatedLimit.{}, LimitValue.{helper}(of{name}, nameof({name})));\n        }}\n",
            limit.in_csharp()
        );
    }
    let _ = write!(
        text,
        "    /// <summary>The limits that are set: those above, then <see cref=\"Limits\"/>.</summary>\n    \
         internal IEnumerable<(IsolatedLimit Limit, ulong Value)> GivenLimits()\n    {{{}\n        \
         foreach ((IsolatedLimit limit, ulong value) in Limits)\n        {{\n            yield return (limit, value);\n        }}\n    }}\n}}\n",
        given
    );
    (
        "bindings/dotnet/DotNetIsolator/IsolatedRuntimeOptions.Limits.cs",
        text,
    )
}

/// What C# code calls the settings that messages name.
pub fn wording() -> File {
    let mut text = format!(
        "{}using System;\nusing System.Collections.Generic;\n\nnamespace DotNetIsolator;\n\n\
         /// <content>The names.</content>\ninternal static partial class Wording\n{{\n    \
         /// <summary>Settings by the name that the native library's texts have for them, between backticks.</summary>\n    \
         public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>(StringComparer.Ordinal)\n    {{\n",
        head(SOURCE)
    );
    for limit in LIMITS.iter().filter(|limit| limit.number.is_some()) {
        let constant = format!("ISOLATOR_LIMIT_{}", upper(limit.kind));
        let (constant, name) = match (limit.role, limit.property) {
            (Role::OfHost, Some(property)) => (
                format!("ISOLATOR_HOST_{}", limit.setter.to_uppercase()),
                host_option(property.name),
            ),
            // Fuel is set where the others are.
            (_, Some(property)) if limit.kind != "Fuel" => (
                constant,
                format!("Option(nameof(IsolatedRuntimeOptions.{}))", property.name),
            ),
            _ => (
                constant,
                format!("Limit(IsolatedLimit.{})", limit.in_csharp()),
            ),
        };
        let _ = writeln!(text, "        [\"{constant}\"] = {name},");
    }
    for other in OTHER_SETTINGS {
        let _ = writeln!(
            text,
            "        [\"{}\"] = {},",
            other.c,
            host_option(other.csharp)
        );
    }
    text += "    };\n}\n";
    ("bindings/dotnet/DotNetIsolator/Wording.Settings.cs", text)
}

fn host_option(name: &str) -> String {
    format!("HostOption(nameof(IsolatedRuntimeHostOptions.{name}))")
}
