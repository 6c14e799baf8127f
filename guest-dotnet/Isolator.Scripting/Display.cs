using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Isolator.Scripting;

/// <summary>Values as C# writes them, as far as it has a way to write them; never more than a screen or two.</summary>
internal sealed class Display
{
    private const int Longest = 10_000;
    private const int MostElements = 100;
    private const int Deepest = 4;

    private readonly StringBuilder _text = new();
    private readonly HashSet<object> _above = new(ReferenceEqualityComparer.Instance);

    private Display()
    {
    }

    internal static string Of(object? value)
    {
        var display = new Display();
        display.Value(value, 0);
        return display._text.Length <= Longest ? display._text.ToString() : display._text.ToString(0, Longest) + "…";
    }

    private bool IsFull => _text.Length > Longest;

    private void Value(object? value, int depth)
    {
        if (IsFull)
        {
            return;
        }
        if (Literal(value) is { } literal)
        {
            _text.Append(literal);
            return;
        }
        Type type = value!.GetType();
        if (depth > Deepest || !type.IsValueType && !_above.Add(value))
        {
            _text.Append("{ … }");
            return;
        }
        try
        {
            Composite(value, type, depth);
        }
#pragma warning disable CA1031 // Code of the value's threw: that is what is shown of it.
        catch (Exception problem) when (problem is not InsufficientExecutionStackException and not OutOfMemoryException)
#pragma warning restore CA1031
        {
            _text.Append('<').Append(NameOf((problem as TargetInvocationException)?.InnerException?.GetType() ?? problem.GetType())).Append('>');
        }
        finally
        {
            if (!type.IsValueType)
            {
                _above.Remove(value);
            }
        }
    }

    private static string? Literal(object? value) => value switch
    {
        null => "null",
        string text => Quoted(text, '"'),
        char letter => Quoted(letter.ToString(), '\''),
        bool flag => flag ? "true" : "false",
        Enum constant => constant.ToString(),
        float or double => ((IFormattable)value).ToString("R", CultureInfo.InvariantCulture),
        byte or sbyte or short or ushort or int or uint or long or ulong or nint or nuint or decimal or Half or Int128 or UInt128
            or System.Numerics.BigInteger or Guid or TimeSpan => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        Type type => $"typeof({NameOf(type)})",
        _ => null,
    };

    private void Composite(object value, Type type, int depth)
    {
        switch (value)
        {
            case Array array:
                Header(NameOf(array));
                Elements(array, depth);
                break;
            case IDictionary dictionary:
                Header($"{NameOf(type)}({dictionary.Count})");
                Entries(dictionary, depth);
                break;
            case ITuple tuple:
                Tuple(tuple, depth);
                break;
            case IEnumerable sequence:
                Header(!IsNamed(type) ? "IEnumerable" : CountOf(sequence, type) is { } count ? $"{NameOf(type)}({count})" : NameOf(type));
                Elements(sequence, depth);
                break;
            case Delegate callable:
                _text.Append(NameOf(type)).Append(" { ").Append(callable.Method.Name).Append(" }");
                break;
            case Exception exception:
                _text.Append(NameOf(type)).Append(": ").Append(exception.Message);
                break;
            default:
                if (OwnText(value, type) is { } own)
                {
                    _text.Append(own);
                }
                else
                {
                    Members(value, type, depth);
                }
                break;
        }
    }

    private void Header(string header) => _text.Append(header).Append(' ');

    private void Elements(IEnumerable elements, int depth) => List(elements, element => Value(element, depth + 1));

    private void Entries(IDictionary dictionary, int depth) => List(dictionary, entry =>
    {
        (object key, object? value) = entry is DictionaryEntry pair ? (pair.Key, pair.Value) : ("?", null);
        _text.Append("{ ");
        Value(key, depth + 1);
        _text.Append(", ");
        Value(value, depth + 1);
        _text.Append(" }");
    });

    private void List(IEnumerable elements, Action<object?> each)
    {
        int count = 0;
        IEnumerator enumerator = elements is IDictionary dictionary ? dictionary.GetEnumerator() : elements.GetEnumerator();
        try
        {
            while (enumerator.MoveNext())
            {
                _text.Append(count == 0 ? "{ " : ", ");
                if (count == MostElements || IsFull)
                {
                    _text.Append('…');
                    count++;
                    break;
                }
                each(enumerator.Current);
                count++;
            }
        }
        finally
        {
            (enumerator as IDisposable)?.Dispose();
        }
        _text.Append(count == 0 ? "{ }" : " }");
    }

    private void Tuple(ITuple tuple, int depth)
    {
        _text.Append('(');
        for (int i = 0; i < tuple.Length; i++)
        {
            _text.Append(i == 0 ? "" : ", ");
            Value(tuple[i], depth + 1);
        }
        _text.Append(')');
    }

    /// <summary>What the value says of itself, if it has something to say: a record does.</summary>
    private static string? OwnText(object value, Type type)
    {
        Type? saysSo = type.GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType;
        bool isAnonymous = type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && type.Name.Contains("AnonymousType", StringComparison.Ordinal);
        return isAnonymous || saysSo is null || saysSo == typeof(object) || saysSo == typeof(ValueType)
            ? null
            : value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString() ?? "";
    }

    private void Members(object value, Type type, int depth)
    {
        if (IsNamed(type))
        {
            Header(NameOf(type));
        }
        const BindingFlags own = BindingFlags.Instance | BindingFlags.Public;
        var members = new List<(string Name, Func<object?> Get)>();
        foreach (PropertyInfo property in type.GetProperties(own))
        {
            if (property.CanRead && property.GetIndexParameters().Length == 0 && !property.PropertyType.IsByRefLike && !property.PropertyType.IsPointer)
            {
                members.Add((property.Name, () => property.GetValue(value)));
            }
        }
        foreach (FieldInfo field in type.GetFields(own))
        {
            members.Add((field.Name, () => field.GetValue(value)));
        }
        List(members, member =>
        {
            (string name, Func<object?> get) = ((string, Func<object?>))member!;
            _text.Append(name).Append(" = ");
            object? found;
            try
            {
                found = get();
            }
            catch (TargetInvocationException problem)
            {
                _text.Append('<').Append(NameOf(problem.InnerException!.GetType())).Append('>');
                return;
            }
            Value(found, depth + 1);
        });
    }

    private static int? CountOf(IEnumerable sequence, Type type) => sequence is ICollection collection
        ? collection.Count
        : type.GetProperty("Count", typeof(int)) is { } count && type.GetInterfaces().Any(known => known.IsGenericType && known.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>))
            ? (int?)count.GetValue(sequence)
            : null;

    /// <summary>An array's type, with its lengths in the place of its first commas.</summary>
    private static string NameOf(Array array)
    {
        Type element = array.GetType().GetElementType()!;
        string rest = "";
        for (; element.IsArray; element = element.GetElementType()!)
        {
            rest += $"[{new string(',', element.GetArrayRank() - 1)}]";
        }
        return $"{NameOf(element)}[{string.Join(", ", Enumerable.Range(0, array.Rank).Select(array.GetLength))}]{rest}";
    }

    /// <summary>Whether the type has a name that somebody wrote.</summary>
    private static bool IsNamed(Type type) => !type.Name.Contains('<', StringComparison.Ordinal);

    private static string NameOf(Type type)
    {
        string? keyword = Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => null,
            TypeCode.Boolean => "bool",
            TypeCode.Byte => "byte",
            TypeCode.SByte => "sbyte",
            TypeCode.Int16 => "short",
            TypeCode.UInt16 => "ushort",
            TypeCode.Int32 => "int",
            TypeCode.UInt32 => "uint",
            TypeCode.Int64 => "long",
            TypeCode.UInt64 => "ulong",
            TypeCode.Single => "float",
            TypeCode.Double => "double",
            TypeCode.Decimal => "decimal",
            TypeCode.Char => "char",
            TypeCode.String => "string",
            _ => type == typeof(object) ? "object" : type == typeof(void) ? "void" : null,
        };
        if (keyword != null)
        {
            return keyword;
        }
        if (type.IsArray)
        {
            return $"{NameOf(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return NameOf(underlying) + "?";
        }
        string name = type.Name;
        int arity = name.IndexOf('`', StringComparison.Ordinal);
        if (arity >= 0)
        {
            // Arguments of the types around it come first.
            Type[] arguments = type.GetGenericArguments();
            int own = int.TryParse(name.AsSpan(arity + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? Math.Min(count, arguments.Length) : 0;
            name = $"{name[..arity]}<{string.Join(", ", arguments[^own..].Select(argument => argument.IsGenericParameter ? "" : NameOf(argument)))}>";
        }
        // What a submission declares is in its class.
        if (type.DeclaringType is not { } outer || outer.Name.StartsWith("Submission#", StringComparison.Ordinal) || type.IsGenericParameter)
        {
            return name;
        }
        if (type.IsConstructedGenericType && outer.IsGenericTypeDefinition)
        {
            outer = outer.MakeGenericType(type.GetGenericArguments()[..outer.GetGenericArguments().Length]);
        }
        return $"{NameOf(outer)}.{name}";
    }

    private static string Quoted(string text, char quote)
    {
        var quoted = new StringBuilder(text.Length + 2).Append(quote);
        foreach (char letter in text)
        {
            if (quoted.Length > Longest)
            {
                break;
            }
            _ = letter switch
            {
                '\\' => quoted.Append("\\\\"),
                '\0' => quoted.Append("\\0"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\v' => quoted.Append("\\v"),
                _ when letter == quote => quoted.Append('\\').Append(letter),
                _ when char.IsControl(letter) => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => quoted.Append(letter),
            };
        }
        return quoted.Append(quote).ToString();
    }
}
