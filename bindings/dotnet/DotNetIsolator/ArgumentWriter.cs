using System;
using System.Reflection;
using System.Runtime.CompilerServices;
using DotNetIsolator.Closures;
using Isolator.Runtime;
using Isolator.Runtime.Wire;
using Isolator.Runtime.Wire.Graph;

namespace DotNetIsolator;

/// <summary>The arguments of a call, or another value on its way to a guest.</summary>
/// <remarks>Each thread keeps one for its next call. One that is lost frees its memory when it is collected.</remarks>
internal sealed unsafe class ArgumentWriter
{
    /// <summary>Memory above this is not kept for another call.</summary>
    private const int LargestSpare = 1 << 20;

    private static readonly string[] Names = ["Argument 1", "Argument 2", "Argument 3", "Argument 4"];

    [ThreadStatic]
    private static ArgumentWriter? t_spare;

    private readonly WireWriter _writer = new();
    private int _count;
    private int _index;

    ~ArgumentWriter() => _writer.Free();

    /// <summary>For values that are written by plans.</summary>
    public WireWriter Wire => _writer;

    /// <summary>Whether there are no arguments.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>The bytes, valid until <see cref="Return"/>.</summary>
    public byte* Start
    {
        get
        {
            _writer.FinishGraph();
            return _writer.Start;
        }
    }

    /// <summary>Their number.</summary>
    public int Length
    {
        get
        {
            _writer.FinishGraph();
            return _writer.Length;
        }
    }

    /// <summary>A writer for values that go to a runtime. Give it back with <see cref="Return"/>.</summary>
    public static ArgumentWriter Rent(IsolatedRuntime? owner)
    {
        ArgumentWriter writer = t_spare ?? new ArgumentWriter();
        t_spare = null;
        writer._writer.Owner = owner;
        writer._count = 0;
        writer._index = 0;
        return writer;
    }

    /// <summary>Gives the writer back.</summary>
    public void Return()
    {
        if (_writer.Length > LargestSpare)
        {
            _writer.Free();
        }

        _writer.Reset();
        _writer.Owner = null;
        t_spare = this;
    }

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => new ReadOnlySpan<byte>(Start, Length).ToArray();

    /// <summary>Begins the arguments of a call.</summary>
    public void Begin(int count)
    {
        _writer.WriteArrayHeader(count);
        _count = count;
        _index = 0;
    }

    /// <summary>Writes a value as what it was declared as. If it cannot cross, the writer is given back.</summary>
    public void Add<T>(T value)
    {
        try
        {
            if (typeof(T) == typeof(int))
            {
                _writer.WriteInt64(Unsafe.As<T, int>(ref value));
            }
            else
            {
                TypePlan plan = PlanOf<T>.Plan;
                if (!plan.IsSimple)
                {
                    Values.WriteAny(_writer, plan, value, NameOf(_index), _count == 1);
                }
                else if (typeof(T) == typeof(string) && value is not null)
                {
                    Values.WriteText(_writer, Unsafe.As<T, string>(ref value), NameOf(_index));
                }
                else
                {
                    plan.Write(_writer, ref Unsafe.As<T, byte>(ref value));
                }
            }

            _index++;
        }
        catch (Exception e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Writes a value as what it is. If it cannot cross, the writer is given back.</summary>
    public void AddAs(object? value)
    {
        try
        {
            if (value is null)
            {
                _writer.WriteNil();
            }
            else
            {
                // What the parameter is declared as is not known here, so the value says what it is.
                Values.WriteAny(_writer, Plans.For(value.GetType()), value, NameOf(_index), _count <= 1);
            }

            _index++;
        }
        catch (Exception e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Writes a value as what it was declared as. If it cannot cross, the writer is given back.</summary>
    public void AddDeclared(Type type, object? value, string name)
    {
        try
        {
            Write(Plans.For(type), value, name);
        }
        catch (Exception e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Writes the object of a lambda. If it cannot cross, the writer is given back.</summary>
    public void AddClosure(MethodInfo lambda, object closure)
    {
        try
        {
            ClosureWriter.Write(_writer, lambda, closure);
        }
        catch (Exception e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Writes a map without members: an object that has none.</summary>
    public void AddNoMembers() => _writer.WriteMapHeader(0);

    private static string NameOf(int index) => index < Names.Length ? Names[index] : $"Argument {index + 1}";

    private void Write(TypePlan plan, object? value, string name)
    {
        if (plan.IsSimple && value is not string)
        {
            plan.WriteBoxed(_writer, value);
        }
        else
        {
            Values.WriteAny(_writer, plan, value, name, _count <= 1);
        }
    }

    private Exception Failed(Exception e)
    {
        Return();
        return e is FailureException failure ? ErrorMapping.Of(failure) : e;
    }
}

/// <summary>Looked up once for each type.</summary>
/// <typeparam name="T">The type.</typeparam>
internal static class PlanOf<T>
{
    private static TypePlan? s_plan;

    public static TypePlan Plan => s_plan ??= Plans.For(typeof(T));
}
