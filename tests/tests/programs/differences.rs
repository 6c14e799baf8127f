//! Every line that differs between a native .NET and the sandbox, and why it may.
//!
//! The list is exact: a line that no longer differs, or differs in another way, fails the program's test.

/// Lines of one program that differ.
pub struct Difference {
    /// The program.
    pub program: &'static str,
    /// What a native .NET prints: whole lines, without the last line's end.
    pub native: &'static str,
    /// What is printed inside.
    pub isolated: &'static str,
    /// It is only there where the base library has compiled methods.
    pub compiled: bool,
    /// Why.
    #[expect(dead_code, reason = "for whoever reads the table")]
    pub reason: &'static str,
}

const fn differs(
    program: &'static str,
    native: &'static str,
    isolated: &'static str,
    reason: &'static str,
) -> Difference {
    Difference {
        program,
        native,
        isolated,
        compiled: false,
        reason,
    }
}

const fn differs_compiled(
    program: &'static str,
    native: &'static str,
    isolated: &'static str,
    reason: &'static str,
) -> Difference {
    Difference {
        compiled: true,
        ..differs(program, native, isolated, reason)
    }
}

const PLATFORM: &str = "the pack is the one for browsers, on a machine of 32 bits, interpreted";

/// All differences that are expected: each occurs, exactly so.
pub const DIFFERENCES: &[Difference] = &[
    differs_compiled(
        "exceptions-casts",
        "InvalidCastException: Unable to cast object of type 'System.String' to type 'System.Int32'.\n\
         InvalidCastException: At least one element in the source array could not be cast down to the destination array type.",
        "InvalidCastException: Specified cast is not valid.\n\
         InvalidCastException: At least one element in the source array could not be cast down to the destination array type.",
        "compiled code tells no types of an unboxing that fails",
    ),
    differs(
        "exceptions-missing",
        "MissingMethodException: Cannot dynamically create an instance of type 'System.String'. Reason: Uninitialized Strings cannot be created.",
        "MissingMethodException: No parameterless constructor defined for type 'System.String'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing",
        "MissingMethodException: Cannot dynamically create an instance of type 'Programs.Casts+Generic`1[System.Int32]'. Reason: No parameterless constructor defined.",
        "MissingMethodException: No parameterless constructor defined for type 'Programs.Casts+Generic`1[System.Int32]'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing",
        "MissingMethodException: Cannot dynamically create an instance of type 'Programs.Casts+Abstract'. Reason: Cannot create an abstract class.",
        "MissingMethodException: No parameterless constructor defined for type 'Programs.Casts+Abstract'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing",
        "MissingMethodException: Cannot dynamically create an instance of type 'Programs.Casts+IThing'. Reason: Cannot create an instance of an interface.",
        "MissingMethodException: No parameterless constructor defined for type 'Programs.Casts+IThing'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing",
        "MissingMethodException: Cannot dynamically create an instance of type 'System.Int32[]'. Reason: Type is not supported.",
        "MissingMethodException: No parameterless constructor defined for type 'System.Int32[]'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing",
        "ArgumentException: Cannot dynamically create an instance of type 'System.Action'. Reason: Type is not supported.",
        "MissingMethodException: No parameterless constructor defined for type 'System.Action'.",
        "Mono looks for a constructor of a delegate's type as of any other",
    ),
    differs(
        "exceptions-missing-created",
        "private: MissingMethodException 80131513: Cannot dynamically create an instance of type 'Programs.Reflection.Missing+Closed'. Reason: No parameterless constructor defined.\n\
         private, nonpublic: MissingMethodException 80131513: Cannot dynamically create an instance of type 'Programs.Reflection.Missing+Closed'. Reason: No parameterless constructor defined.",
        "private: MissingMethodException 80131513: No parameterless constructor defined for type 'Programs.Reflection.Missing+Closed'.\n\
         private, nonpublic: MissingMethodException 80131513: No parameterless constructor defined for type 'Programs.Reflection.Missing+Closed'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-created",
        "private generic: MissingMethodException 80131513: Cannot dynamically create an instance of type 'Programs.Reflection.Missing+Closed'. Reason: No parameterless constructor defined.",
        "private generic: MissingMethodException 80131513: No parameterless constructor defined for type 'Programs.Reflection.Missing+Closed'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-created",
        "static: MissingMethodException 80131513: Cannot dynamically create an instance of type 'Programs.Reflection.Missing+Static'. Reason: Cannot create an abstract class.",
        "static: MissingMethodException 80131513: No parameterless constructor defined for type 'Programs.Reflection.Missing+Static'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-created",
        "pointer: MissingMethodException 80131513: Cannot dynamically create an instance of type 'System.Int32*'. Reason: Type is not supported.\n\
         by reference: MissingMethodException 80131513: Cannot dynamically create an instance of type 'System.Int32&'. Reason: Type is not supported.",
        "pointer: MissingMethodException 80131513: No parameterless constructor defined for type 'System.Int32*'.\n\
         by reference: MissingMethodException 80131513: No parameterless constructor defined for type 'System.Int32&'.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-created",
        "by a wrong name: TypeLoadException 80131522: Could not resolve type 'System.None' in assembly 'System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e'. (System.None)",
        "by a wrong name: TypeLoadException 80131522: Could not load type 'System.None' from assembly 'System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e'. (System.None)",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-created",
        "uninitialized open: MemberAccessException 8013151A: Cannot create a type for which Type.ContainsGenericParameters is true.",
        "uninitialized open: MemberAccessException 8013151A: Cannot access member.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-created",
        "array of a ref struct: NotSupportedException 80131515: Cannot create arrays of ByRef-like values.\n\
         array of an open type: NotSupportedException 80131515: Cannot create arrays of open type.",
        "array of a ref struct: NotSupportedException 80131515: Specified method is not supported.\n\
         array of an open type: NotSupportedException 80131515: Specified method is not supported.",
        "Mono's message",
    ),
    differs(
        "exceptions-missing-found",
        "malformed name: ArgumentException 80070057: The name of the type is invalid. (Parameter 'typeName@3')\n\
         type argument: TypeLoadException 80131522: Could not resolve type 'No.Such' in assembly 'Programs, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. (No.Such)\n\
         Assembly.GetType: TypeLoadException 80131522: Could not resolve type 'No.Such.Type' in assembly 'Programs, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. (No.Such.Type)\n\
         Assembly.GetType, nested: TypeLoadException 80131522: Could not resolve type 'Programs.Reflection.Missing+None' in assembly 'Programs, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. (Programs.Reflection.Missing+None)",
        "malformed name: ArgumentException 80070057: failed parse: A (Parameter 'typeName@0')\n\
         type argument: TypeLoadException 80131522: Could not resolve type 'System.Collections.Generic.List`1' in assembly 'Programs, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. (System.Collections.Generic.List`1)\n\
         Assembly.GetType: TypeLoadException 80131522: Could not load type 'No.Such.Type' from assembly 'Programs, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. (No.Such.Type)\n\
         Assembly.GetType, nested: TypeLoadException 80131522: Could not load type 'Programs.Reflection.Missing+None' from assembly 'Programs, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. (Programs.Reflection.Missing+None)",
        "Mono's words for names, tokens and files",
    ),
    differs(
        "exceptions-missing-found",
        "Assembly.Load: FileNotFoundException 80070002: Could not load file or assembly 'No.Such.Assembly, Culture=neutral, PublicKeyToken=null'. The system cannot find the file specified.\n\
         \x20(No.Such.Assembly, Culture=neutral, PublicKeyToken=null)",
        "Assembly.Load: FileNotFoundException 80070002: Could not load file or assembly 'No.Such.Assembly, Culture=neutral, PublicKeyToken=null'. The system cannot find the file specified.\n\
         \x20(No.Such.Assembly)",
        "Mono's words for names, tokens and files",
    ),
    differs(
        "exceptions-missing-found",
        " (No.Such.Assembly, Version=1.2.3.4, Culture=neutral, PublicKeyToken=null)",
        " (No.Such.Assembly)",
        "Mono's words for names, tokens and files",
    ),
    differs(
        "exceptions-missing-found",
        "Assembly.LoadFile: FileNotFoundException 80070002: Could not load file or assembly '/no/such/file.dll'. The system cannot find the file specified. (/no/such/file.dll)",
        "Assembly.LoadFile: FileNotFoundException 80070002: Could not load file or assembly '/no/such/file.dll'. The system cannot find the file specified.\n\
         \x20(/no/such/file.dll)",
        "Mono's words for names, tokens and files",
    ),
    differs(
        "exceptions-missing-found",
        "entry point: EntryPointNotFoundException 80131523: Unable to find an entry point named 'no_such_function' in shared library 'libSystem.Native'.",
        "entry point: EntryPointNotFoundException 80131523: Unable to find an entry point named 'no_such_function' in shared library.",
        "Mono's words for names, tokens and files",
    ),
    differs(
        "exceptions-missing-found",
        "InterfaceMapping: ArgumentException 80070057: Interface not found.",
        "InterfaceMapping: ArgumentException 80070057: Interface not found. (Parameter 'interfaceType')",
        "Mono's words for names, tokens and files",
    ),
    differs(
        "exceptions-missing-named",
        "MakeGenericMethod: ArgumentException 80070057: The type or method has 1 generic parameter(s), but 2 generic argument(s) were provided. A generic argument must be provided for each generic parameter.",
        "MakeGenericMethod: ArgumentException 80070057: The type or method has 2 generic parameter(s), but 1 generic argument(s) were provided. A generic argument must be provided for each generic parameter.",
        "Mono tells the two numbers the other way round",
    ),
    differs(
        "exceptions-missing-recompiled",
        "implements: TypeLoadException 80131522: Method 'New' in type 'User.Implements' from assembly 'User, Version=0.0.0.0, Culture=neutral, PublicKeyToken=null' does not have an implementation. (User.Implements)\n\
         derives: TypeLoadException 80131522: Method 'New' in type 'User.Derives' from assembly 'User, Version=0.0.0.0, Culture=neutral, PublicKeyToken=null' does not have an implementation. (User.Derives)",
        "implements: TargetInvocationException 80131604: Exception has been thrown by the target of an invocation. <TypeLoadException: VTable setup of type User.Implements failed>\n\
         derives: TargetInvocationException 80131604: Exception has been thrown by the target of an invocation. <TypeLoadException: Type User.Derives has invalid vtable method slot 4 with method none>",
        "Mono finds what a type lacks when its table of methods is made, not when it is loaded",
    ),
    differs(
        "exceptions-missing-recompiled",
        "  TypeLoadException: Method 'New' in type 'User.Implements' from assembly 'User, Version=0.0.0.0, Culture=neutral, PublicKeyToken=null' does not have an implementation.\n\
         \x20 TypeLoadException: Method 'New' in type 'User.Derives' from assembly 'User, Version=0.0.0.0, Culture=neutral, PublicKeyToken=null' does not have an implementation.\n\
         \x20 TypeLoadException: Could not load type 'Dep.Gone' from assembly 'Dep, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'.\n\
         all types: 1 4",
        "all types: 4",
        "Mono finds what a type lacks when its table of methods is made, not when it is loaded",
    ),
    differs(
        "habits-unsafe",
        "DllNotFoundException Unable to load shared library\nDllNotFoundException Unable to load shared library",
        "DllNotFoundException Unable to load shared library\nDllNotFoundException ",
        "Mono says nothing of a library that is loaded by hand",
    ),
    differs(
        "memory-handles",
        "state of a thread: ThreadStateException: The handle is invalid.\nwhether a thread lives: ThreadStateException: The handle is invalid.",
        "state of a thread: Unstarted\nwhether a thread lives: False",
        "a thread that no constructor has seen is one that was not started",
    ),
    differs(
        "exceptions",
        "MissingMethodException: Cannot dynamically create an instance of type 'System.IDisposable'. \
         Reason: Cannot create an instance of an interface. [80131513] ",
        "MissingMethodException: No parameterless constructor defined for type 'System.IDisposable'. [80131513] ",
        "Mono's message",
    ),
    differs_compiled(
        "tiers-exceptions",
        "Thrower < ForEach < Rethrown",
        "Thrower < Rethrown",
        "traces have no frames of compiled methods",
    ),
    differs(
        "tiers-stack",
        "StartCallback",
        "Main",
        "below Main natively is the start of its thread, and nothing inside",
    ),
    differs(
        "cultures-lists",
        "ru-RU 9 марта | март 2024\u{202f}г. | сб | март ₽ % FirstFourDayWeek",
        "ru-RU 9 марта | март 2024 г. | сб | март ₽ % FirstFourDayWeek",
        "two versions of the Unicode consortium's locale data: a narrow space or an ordinary one",
    ),
    differs(
        "reflection-attributes",
        "no types: new Type[0] {  }",
        "no types: InvalidCastException",
        "Mono: the text of an attribute's argument that is an empty array",
    ),
    differs(
        "loading-bytes",
        "No.Such.Assembly, Culture=neutral, PublicKeyToken=null",
        "No.Such.Assembly",
        "Mono tells the name as it was asked for",
    ),
    differs(
        "loading-contexts",
        "first x second x False second 1 Same",
        "first x second x False second 1 Same,System.Private.CoreLib",
        "Mono asks a load context for the core library too",
    ),
    differs(
        "loading-unloading",
        "unloaded: True",
        "unloaded: False",
        "Mono keeps collectible load contexts; dropping the runtime frees everything",
    ),
    differs(
        "world-platform",
        "browser: False\nlinux: True\n64 bits: True\npointer: 8\narchitecture: X64\ncompiled code: True",
        "browser: True\nlinux: False\n64 bits: False\npointer: 4\narchitecture: Wasm\ncompiled code: False",
        PLATFORM,
    ),
    differs(
        "traces",
        "in a finally block: Traces.InFinally Traces.cs:181 < Traces.Current Traces.cs:31",
        "in a finally block: Traces.InFinally Traces.cs:185 < Traces.Current Traces.cs:31",
        "Mono tells the line in the block that runs, CoreCLR that of the call that threw",
    ),
    differs(
        "traces-exceptions",
        "  at Crossings.Traces.Again() in /fixtures/Crossings/Traces.cs:line 258",
        "  at Crossings.Traces.Again() in /fixtures/Crossings/Traces.cs:line 262",
        "Mono tells the line of `throw;`, CoreCLR that of the call that threw",
    ),
    differs(
        "traces-exceptions",
        "thrown again as frames: Traces.Throw Traces.cs:240 < Traces.Again Traces.cs:258 < Traces.Exceptions Traces.cs:49",
        "thrown again as frames: Traces.Throw Traces.cs:240 < Traces.Again Traces.cs:262 < Traces.Exceptions Traces.cs:49",
        "as above",
    ),
];
