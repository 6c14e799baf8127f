using System;
using System.Reflection;
using Isolator.Runtime.Hosting;
using Isolator.Runtime.Members;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace Isolator.Runtime;

/// <summary>What C calls: one method for each export of the contract, see the README of <c>guest-dotnet</c>.</summary>
/// <remarks>No exception leaves a method of this class; each becomes a failure.</remarks>
internal static unsafe partial class Entry
{
    /// <summary>Once, before the snapshot and before anything else.</summary>
    public static void Boot(nint frame)
    {
        Startup.Prepare();
        Assemblies.Hook();
        _ = Plans.For(typeof(string));
    }

    /// <summary>Once, immediately before the snapshot.</summary>
    public static void BeforeSnapshot(nint frame)
    {
        Startup.DropRandomness();
        GC.Collect();
        GC.Collect();
    }

    /// <summary>Before the memory is copied: drops what copies must not share, and, if they begin anew, what the configuration gave.</summary>
    public static void Freeze(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Startup.DropRandomness();
            if (f->Value != 0)
            {
                Startup.Forget();
            }

            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Applies the configuration.</summary>
    public static void Start(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Startup.Apply(new WireReader(f->P, (int)f->PLength));
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Loads an assembly by name.</summary>
    public static void LoadAssembly(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Give(f, Assemblies.Load(Text(f->P, f->PLength)), HandleKind.Assembly);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Loads an assembly from its image.</summary>
    public static void LoadImage(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Assembly assembly = Assemblies.LoadImage(new(f->P, (int)f->PLength), new(f->Q, (int)f->QLength), f->Q != null);
            Give(f, assembly, HandleKind.Assembly);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Finds a type of an assembly.</summary>
    public static void FindType(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Assembly assembly = Handles.Get<Assembly>(f->A, HandleKind.Assembly);
            Give(f, Assemblies.FindType(assembly, Text(f->P, f->PLength)), HandleKind.Type);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Finds a method of a type.</summary>
    public static void FindMethod(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Type type = Handles.Get<Type>(f->A, HandleKind.Type);
            Give(f, MethodLookup.Find(type, Text(f->P, f->PLength), new ReadOnlySpan<byte>(f->Q, (int)f->QLength)), HandleKind.Method);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Reads a field.</summary>
    public static void GetField(nint frame)
    {
        Frame* f = (Frame*)frame;
        WireWriter writer = new();
        try
        {
            FieldInfo field = Fields.Find(Handles.Get<Type>(f->A, HandleKind.Type), Text(f->P, f->PLength));
            object? value = field.GetValue(Fields.TargetOf(field, f->B == 0 ? null : Handles.GetObject(f->B)));
            Values.Write(writer, Plans.For(field.FieldType), value);
            Give(f, writer);
        }
        catch (Exception e)
        {
            writer.Free();
            Failures.Leave(f, e);
        }
    }

    /// <summary>Writes a field.</summary>
    public static void SetField(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            FieldInfo field = Fields.Find(Handles.Get<Type>(f->A, HandleKind.Type), Text(f->P, f->PLength));
            object? target = Fields.TargetOf(field, f->B == 0 ? null : Handles.GetObject(f->B));
            Fields.Set(field, target, ReadWhole(f->Q, f->QLength, field.FieldType));
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Lists what something consists of.</summary>
    public static void Inspect(nint frame)
    {
        Frame* f = (Frame*)frame;
        WireWriter writer = new();
        try
        {
            Inspector.Write(writer, Handles.GetAny(f->A));
            Give(f, writer);
        }
        catch (Exception e)
        {
            writer.Free();
            Failures.Leave(f, e);
        }
    }

    /// <summary>Makes an object by running a constructor.</summary>
    public static void CreateObject(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Type type = Handles.Get<Type>(f->A, HandleKind.Type);
            Give(f, ObjectFactory.Create(type, f->P, (int)f->PLength), HandleKind.Object);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>Makes an object from a value.</summary>
    public static void CopyObject(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Type type = Handles.Get<Type>(f->A, HandleKind.Type);
            object? made = ReadWhole(f->P, f->PLength, type);
            Give(f, made ?? throw new FailureException(FailureKind.Value, $"nil is not an object, so no {type} can be copied from it."), HandleKind.Object);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>The type of an object.</summary>
    public static void TypeOf(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            Give(f, Handles.GetObject(f->A).GetType(), HandleKind.Type);
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>The value of an object.</summary>
    public static void GetValue(nint frame)
    {
        Frame* f = (Frame*)frame;
        WireWriter writer = new();
        try
        {
            object value = Handles.GetObject(f->A);
            Values.WriteUndeclared(writer, value, alone: true);
            Give(f, writer);
        }
        catch (Exception e)
        {
            writer.Free();
            Failures.Leave(f, e);
        }
    }

    /// <summary>Collects garbage and runs finalizers.</summary>
    public static void Collect(nint frame)
    {
        Frame* f = (Frame*)frame;
        try
        {
            GC.Collect((int)Math.Min(f->A, (ulong)GC.MaxGeneration));
            GC.WaitForPendingFinalizers();
            f->Code = FrameCode.Ok;
        }
        catch (Exception e)
        {
            Failures.Leave(f, e);
        }
    }

    /// <summary>What the guest says of itself.</summary>
    public static void Statistics(nint frame)
    {
        Frame* f = (Frame*)frame;
        WireWriter writer = new();
        writer.WriteMapHeader(3);
        writer.WriteString("HeapBytes");

        // CoreCLR, where the tests run, has been seen to give less than nothing here.
        writer.WriteInt64(Math.Max(0, GC.GetTotalMemory(forceFullCollection: false)));
        writer.WriteString("Collections");
        writer.WriteInt64(GC.CollectionCount(0));
        writer.WriteString("LiveHandles");
        writer.WriteInt64(Bridge.Current.HandleCount());
        Give(f, writer);
    }

    private static string Text(byte* bytes, uint length) => Utf8.Decode(bytes, (int)length);

    private static object? ReadWhole(byte* bytes, uint length, Type type)
    {
        WireReader reader = new(bytes, (int)length);
        object? value = Values.ReadBoxed(reader, Plans.For(type));
        reader.ExpectEnd();
        return value;
    }

    private static void Give(Frame* f, object thing, HandleKind kind)
    {
        f->Value = Handles.New(thing, kind);
        f->Code = FrameCode.Ok;
    }

    private static void Give(Frame* f, WireWriter writer)
    {
        f->Result = writer.Detach(out f->ResultLength);
        f->Code = FrameCode.Ok;
    }
}
