using System;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Isolator.Runtime.Wire.Graph;

/// <summary>Classes, and values in boxes: their fields, after what a collection among the base classes consists of.</summary>
internal sealed class ObjectForm : GraphType
{
    /// <summary>Most bytes, without its texts, of an object that crosses alone.</summary>
    private const int MostPlain = 1 << 12;

    /// <summary>Most texts in one: each is compared with all others.</summary>
    public const int MostTexts = 6;

    private readonly FieldOp[] _ops;
    private readonly CollectionForm? _base;
    private readonly bool _isClosure;
    private readonly int _least;
    private readonly bool _isFinalized;
    private readonly bool _nests;

    public ObjectForm(Type type, FieldOp[] ops, CollectionForm? collection)
        : base(type)
    {
        _ops = ops;
        _base = collection;
        _isClosure = type.Name.StartsWith("<>c__DisplayClass", StringComparison.Ordinal);
        _isFinalized = GraphRules.IsFinalizedHere(type);
        _nests = collection is { Nests: true } || Array.Exists(ops, op => op.Nests);
        _least = collection is null ? 0 : 1;
        bool isAlone = collection is null;
        bool leadsOn = false;
        long least = 0;
        foreach (FieldOp op in ops)
        {
            _least += ElementForm.Leasts(op);
            least += ElementForm.Leasts(op);
            isAlone &= op.Form is not { IsAlone: false };
            leadsOn |= op.Code == FieldCode.Refused || (op.Code == FieldCode.Reference && op.Type != typeof(string));
        }

        Texts = Array.FindAll(ops, op => op.Code == FieldCode.Reference);
        MayBePlain = isAlone && least <= MostPlain;

        // A list literal has another form in guests: see GraphRules.GathersLiterals.
        IsPlain = MayBePlain && !leadsOn && Texts.Length <= MostTexts && !type.Name.StartsWith("<>z__", StringComparison.Ordinal);
    }

    /// <summary>The places.</summary>
    public FieldOp[] Ops => _ops;

    /// <summary>The collection among the base classes, if there is one.</summary>
    public CollectionForm? Base => _base;

    /// <summary>Whether its objects can be read without others.</summary>
    public bool MayBePlain { get; }

    /// <summary>Whether its objects lead to no others but texts, whatever is in them.</summary>
    public bool IsPlain { get; }

    /// <summary>The places that refer to something.</summary>
    public FieldOp[] Texts { get; }

    public override bool Nests => _nests;

    public override int LeastBody => _least;

    public override string Layout => (_base is null ? string.Empty : _base.Layout + ";") + GraphTypes.LayoutOf(_ops);

    public override object Allocate(GraphReader reader)
    {
        reader.Announce(_least);
        if (_base is not null)
        {
            reader.Charge(_base.Weight);
            return Unfinalized(_base.Allocate(Type));
        }

        return Unfinalized(RuntimeHelpers.GetUninitializedObject(Type));
    }

    /// <summary>What a guest has put into an object is nothing that a finalizer may free, and half an object is none that it expects.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "The object is not there yet as its own code knows it.")]
    private object Unfinalized(object made)
    {
        if (_isFinalized)
        {
            GC.SuppressFinalize(made);
        }

        return made;
    }

    public override void WriteBody(GraphWriter writer, object value)
    {
        _base?.WriteBody(writer, value);
        if (_isClosure && writer.Closure is { } uses)
        {
            writer.WriteSome(_ops, ref Raw.Data(value), field => uses(Type, field));
        }
        else
        {
            writer.WriteFields(_ops, ref Raw.Data(value));
        }
    }

    public override void ReadBody(GraphReader reader, object value)
    {
        _base?.ReadBody(reader, value);
        reader.ReadFields(_ops, ref Raw.Data(value), value);
    }
}

/// <summary>Something that is its content: a name, a number, a text. It refers to nothing, and is made at once.</summary>
/// <typeparam name="T">The type.</typeparam>
internal sealed class AtomForm<T>(Action<GraphWriter, T> write, Func<GraphReader, T> read, Type? named = null) : GraphType(named ?? typeof(T))
    where T : class
{
    public override string Layout => "A";

    public override void WriteStart(GraphWriter writer, object value) => write(writer, (T)value);

    public override object Allocate(GraphReader reader)
    {
        try
        {
            return read(reader);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidOperationException or NotSupportedException or TargetInvocationException or TypeInitializationException)
        {
            throw new FailureException(FailureKind.Value, $"No {Type} can be made of what was sent: {e.Message}", e) { TypeName = Type.ToString() };
        }
    }
}
