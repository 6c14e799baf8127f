//! The overloads of the C# library that differ only in how many arguments they take.

use std::fmt::Write as _;

/// Most arguments of an overload; there is one for an array of them, too.
const MOST: usize = isolator_abi::numbers::MAX_SCALARS;
/// Most columns of arguments of a batch.
const MOST_IN_BATCHES: usize = 4;

const COUNTED: [&str; MOST] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
];

/// Files and their content.
pub fn files() -> Vec<(&'static str, String)> {
    vec![
        (
            "bindings/dotnet/DotNetIsolator/IsolatedMethod.Overloads.cs",
            method_calls(),
        ),
        (
            "bindings/dotnet/DotNetIsolator/IsolatedObject.Overloads.cs",
            object_calls(),
        ),
        (
            "bindings/dotnet/DotNetIsolator/IsolatedMethod.Batches.cs",
            method_batches(),
        ),
        (
            "bindings/dotnet/DotNetIsolator/IsolatedObject.Batches.cs",
            object_batches(),
        ),
    ]
}

/// The part of a class that is made here.
fn class(usings: &[&str], content: &str, name: &str, members: &str) -> String {
    let usings: String = usings
        .iter()
        .map(|name| format!("using {name};\n"))
        .collect();
    let gap = if usings.is_empty() { "" } else { "\n" };
    format!(
        "// Made by `cargo xtask codegen` from xtask/src/overloads.rs: do not edit.\n{usings}{gap}namespace DotNetIsolator;\n\n\
         /// <content>{content}</content>\npublic sealed partial class {name}\n{{\n{}\n}}\n",
        members.trim_end()
    )
}

fn list(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect::<Vec<_>>().join(", ")
}

/// `T0, T1, TRes` in angle brackets; nothing for none.
fn type_parameters(count: usize, result: bool) -> String {
    let mut names: Vec<String> = (0..count).map(|n| format!("T{n}")).collect();
    if result {
        names.push("TRes".into());
    }
    if names.is_empty() {
        String::new()
    } else {
        format!("<{}>", names.join(", "))
    }
}

fn document_types(text: &mut String, count: usize, of: &str) {
    for (n, counted) in COUNTED.iter().enumerate().take(count) {
        let _ = writeln!(
            text,
            "    /// <typeparam name=\"T{n}\">Type of the {counted} {of}.</typeparam>"
        );
    }
}

const RESULT: &str = "    /// <typeparam name=\"TRes\">Type of the result; <see cref=\"IsolatedObject\"/> keeps it in the guest.</typeparam>\n";

fn document_arguments(text: &mut String, count: usize) {
    for (n, counted) in COUNTED.iter().enumerate().take(count) {
        let _ = writeln!(
            text,
            "    /// <param name=\"param{n}\">The {counted} argument.</param>"
        );
    }
}

fn parameters(count: usize) -> String {
    (0..count).map(|n| format!(", T{n} param{n}")).collect()
}

fn arguments(count: usize) -> String {
    (0..count).map(|n| format!(", param{n}")).collect()
}

/// What says that the arguments are what a scalar call passes, and those arguments as words.
fn scalars(count: usize) -> (String, String) {
    let letters = (0..count)
        .map(|n| format!(" && scalar[{}] == Scalar<T{n}>.Letter", n + 1))
        .collect();
    // The call with four slots is the shorter one.
    let slots = if count <= 4 { 4 } else { MOST };
    let words = list(slots, |n| {
        if n < count {
            format!("Scalar<T{n}>.ToBits(param{n})")
        } else {
            "0".into()
        }
    });
    (letters, words)
}

fn adds(count: usize) -> String {
    (0..count)
        .map(|n| format!("        call.Add(param{n});\n"))
        .collect()
}

fn method_calls() -> String {
    let mut text = String::new();
    for count in 0..=MOST {
        text += "    /// <summary>Calls the method.</summary>\n";
        document_types(&mut text, count, "argument");
        text += RESULT;
        text += "    /// <param name=\"instance\">The object to call it on; null for a static method.</param>\n";
        document_arguments(&mut text, count);
        text += "    /// <returns>The result.</returns>\n    /// <exception cref=\"IsolatedException\">The method threw, or an argument or the result cannot cross.</exception>\n";
        let (letters, words) = scalars(count);
        let adds = adds(count);
        let _ = write!(
            text,
            "    public TRes Invoke{}(IsolatedObject? instance{})\n    {{\n        if (_scalar is {{ Length: {} }} scalar && scalar[0] == Scalar<TRes>.Letter{letters})\n        {{\n            return Scalar<TRes>.FromBits(Runtime.InvokeScalar(this, instance, {words}));\n        }}\n\n        ArgumentWriter call = Runtime.BeginCall({count});\n{adds}        return Runtime.EndCall<TRes>(this, instance, call);\n    }}\n\n",
            type_parameters(count, true),
            parameters(count),
            count + 1,
        );
    }
    for count in 0..=MOST {
        text += "    /// <summary>Calls the method and drops its result.</summary>\n";
        document_types(&mut text, count, "argument");
        text += "    /// <param name=\"instance\">The object to call it on; null for a static method.</param>\n";
        document_arguments(&mut text, count);
        text += "    /// <exception cref=\"IsolatedException\">The method threw, or an argument cannot cross.</exception>\n";
        let (letters, words) = scalars(count);
        let adds = adds(count);
        let _ = write!(
            text,
            "    public void InvokeVoid{}(IsolatedObject? instance{})\n    {{\n        if (_scalar is {{ Length: {} }}{}{letters})\n        {{\n            Runtime.InvokeScalar(this, instance, {words});\n            return;\n        }}\n\n        ArgumentWriter call = Runtime.BeginCall({count});\n{adds}        Runtime.EndCall(this, instance, call);\n    }}\n\n",
            type_parameters(count, false),
            parameters(count),
            count + 1,
            if count == 0 { "" } else { " scalar" },
        );
    }
    class(
        &[],
        "Calls with so many arguments.",
        "IsolatedMethod",
        &text,
    )
}

fn object_calls() -> String {
    let mut text = String::new();
    for result in [true, false] {
        for count in 0..=MOST {
            text += if result {
                "    /// <summary>Finds a method by name and number of arguments, and calls it.</summary>\n"
            } else {
                "    /// <summary>Finds a method by name and number of arguments, calls it and drops its result.</summary>\n"
            };
            document_types(&mut text, count, "argument");
            if result {
                text += RESULT;
            }
            text += "    /// <param name=\"methodName\">The method's name. It need not be public.</param>\n";
            document_arguments(&mut text, count);
            if result {
                text += "    /// <returns>The result.</returns>\n";
            }
            text += if result {
                "    /// <exception cref=\"IsolatedException\">There is no such method, it threw, or an argument or the result cannot cross.</exception>\n"
            } else {
                "    /// <exception cref=\"IsolatedException\">There is no such method, it threw, or an argument cannot cross.</exception>\n"
            };
            let (returned, name) = if result {
                ("TRes", "Invoke")
            } else {
                ("void", "InvokeVoid")
            };
            let types = type_parameters(count, result);
            let known: String = (0..count).map(|n| format!(", typeof(T{n})")).collect();
            let _ = write!(
                text,
                "    public {returned} {name}{types}(string methodName{}) =>\n        FindForCall(methodName, {count}{known}).{name}{types}(this{});\n\n",
                parameters(count),
                arguments(count),
            );
        }
    }
    class(
        &[],
        "Calls by a method's name, with so many arguments.",
        "IsolatedObject",
        &text,
    )
}

/// Documentation and head of a batch call, and the spans that it passes on.
struct Batch {
    documents: String,
    types: String,
    constraints: String,
    spans: String,
    passed: String,
}

fn batch(count: usize, result: bool, first: &str) -> Batch {
    let mut documents = String::from(
        "    /// <summary>\n    /// Calls a method of numbers once for each element, with one crossing into the guest for many calls: the n-th call takes the n-th\n    /// element of each span of arguments",
    );
    documents += if result {
        ", and its result becomes the n-th of <paramref name=\"results\"/>.\n    /// </summary>\n"
    } else {
        ".\n    /// </summary>\n"
    };
    document_types(
        &mut documents,
        count,
        "argument, which is the parameter's exactly",
    );
    if result {
        documents += "    /// <typeparam name=\"TRes\">Type of the result, which is the method's exactly.</typeparam>\n";
    }
    documents += first;
    for (n, counted) in COUNTED.iter().enumerate().take(count) {
        let _ = writeln!(
            documents,
            "    /// <param name=\"args{n}\">The {counted} argument of each call.</param>"
        );
    }
    if result {
        documents += "    /// <param name=\"results\">Where the results go: as many calls are made.</param>\n";
    }
    documents += "    /// <exception cref=\"System.ArgumentException\">The spans are not equally long, or hold what is no number, bool or char.</exception>\n    /// <exception cref=\"IsolatedException\">\n    /// A call threw: <see cref=\"IsolatedException.BatchElement\"/> says which. Those before it were made";
    documents += if result {
        ", and their results are in place; those\n    /// after it were not. Or the method cannot be called so; then no call was made.\n    /// </exception>\n"
    } else {
        "; those after it were not. Or\n    /// the method cannot be called so; then no call was made.\n    /// </exception>\n"
    };
    let constraints = (0..count)
        .map(|n| format!("\n        where T{n} : unmanaged"))
        .chain(result.then(|| "\n        where TRes : unmanaged".into()))
        .collect();
    let mut spans: Vec<String> = (0..count)
        .map(|n| format!("ReadOnlySpan<T{n}> args{n}"))
        .collect();
    let mut passed: Vec<String> = (0..count).map(|n| format!("args{n}")).collect();
    if result {
        spans.push("Span<TRes> results".into());
        passed.push("results".into());
    }
    Batch {
        documents,
        types: type_parameters(count, result),
        constraints,
        spans: spans.join(", "),
        passed: passed.join(", "),
    }
}

fn batches() -> impl Iterator<Item = (usize, bool)> {
    let giving = (0..=MOST_IN_BATCHES).map(|count| (count, true));
    giving.chain((1..=MOST_IN_BATCHES).map(|count| (count, false)))
}

fn method_batches() -> String {
    const INSTANCE: &str = "    /// <param name=\"instance\">The object to call it on; null for a static method.</param>\n";
    let mut text = String::new();
    for (count, result) in batches() {
        let name = if result {
            "InvokeBatch"
        } else {
            "InvokeBatchVoid"
        };
        for instance in [false, true] {
            let made = batch(count, result, if instance { INSTANCE } else { "" });
            let Batch {
                documents,
                types,
                constraints,
                spans,
                passed,
            } = made;
            if !instance {
                let summary =
                    documents.replacen("a method of numbers", "a static method of numbers", 1);
                let _ = write!(
                    text,
                    "{summary}    public void {name}{types}({spans}){constraints} =>\n        {name}(null, {passed});\n\n"
                );
                continue;
            }
            let lengths: String = (0..count)
                .skip(usize::from(!result))
                .map(|n| format!("        CheckLength(args{n}.Length, count, nameof(args{n}));\n"))
                .collect();
            let counted = if result { "results" } else { "args0" };
            let pins: String = (0..count)
                .map(|n| format!("        fixed (T{n}* start{n} = args{n})\n"))
                .chain(result.then(|| "        fixed (TRes* start = results)\n".to_owned()))
                .collect();
            let columns: String = (0..count)
                .map(|n| {
                    format!(
                        "            columns[{n}] = BatchColumn.Of(start{n}, nameof(args{n}));\n"
                    )
                })
                .collect();
            let made = if count == 0 {
                "            BatchColumn* columns = null;\n".to_owned()
            } else {
                format!(
                    "            BatchColumn* columns = stackalloc BatchColumn[{count}];\n{columns}"
                )
            };
            let into = if result {
                "BatchColumn.Of(start, nameof(results))"
            } else {
                "BatchColumn.None"
            };
            let _ = write!(
                text,
                "{documents}    public unsafe void {name}{types}(IsolatedObject? instance, {spans}){constraints}\n    {{\n        int count = {counted}.Length;\n{lengths}{pins}        {{\n{made}            Runtime.InvokeBatch(this, instance, columns, {count}, {into}, count);\n        }}\n    }}\n\n"
            );
        }
    }
    class(
        &["System", "DotNetIsolator.Interop"],
        "Many calls at once.",
        "IsolatedMethod",
        &text,
    )
}

fn object_batches() -> String {
    const NAME: &str =
        "    /// <param name=\"methodName\">The method's name. It need not be public.</param>\n";
    let mut text = String::new();
    for (count, result) in batches() {
        let name = if result {
            "InvokeBatch"
        } else {
            "InvokeBatchVoid"
        };
        let Batch {
            documents,
            types,
            constraints,
            spans,
            passed,
        } = batch(count, result, NAME);
        let documents = documents.replacen(
            "Calls a method of numbers once",
            "Finds a method by name and number of arguments, and calls it once",
            1,
        );
        let known: String = (0..count).map(|n| format!(", typeof(T{n})")).collect();
        let _ = write!(
            text,
            "{documents}    public void {name}{types}(string methodName, {spans}){constraints} =>\n        FindForCall(methodName, {count}{known}).{name}(this, {passed});\n\n"
        );
    }
    class(
        &["System"],
        "Many calls at once, by a method's name.",
        "IsolatedObject",
        &text,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_arguments_has_its_overload() {
        let files = files();
        let count = |file: usize, what: &str| files[file].1.matches(what).count();
        for file in 0..2 {
            assert_eq!(count(file, "public TRes Invoke<"), MOST + 1);
            assert_eq!(count(file, "public void InvokeVoid"), MOST + 1);
        }
        assert_eq!(count(2, "void InvokeBatch<"), 2 * (MOST_IN_BATCHES + 1));
        assert_eq!(count(3, "void InvokeBatchVoid<"), MOST_IN_BATCHES);
        for (path, text) in &files {
            assert!(text.lines().all(|line| line.trim_end() == line), "{path}");
            assert_eq!(
                text.matches('{').count(),
                text.matches('}').count(),
                "{path}"
            );
        }
    }
}
