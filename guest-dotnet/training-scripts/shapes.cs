#nullable enable
using System.Numerics;
using static System.Math;
using Pair = (int Left, int Right);

Shape[] shapes = [new Circle(2), new Box(2, 3), new Box(4), new Ring { Inner = 1, Outer = 2 }];
double area = 0;
foreach (var shape in shapes)
{
    area += shape switch
    {
        Circle { Radius: > 1 and var radius } => PI * radius * radius,
        Box(var width, var height) when width == height => width * width,
        Box box => box.Width * box.Height,
        Ring { Inner: var inner, Outer: var outer } => PI * (outer * outer - inner * inner),
        null => throw new ArgumentNullException(nameof(shapes)),
        _ => 0,
    };
    Console.WriteLine(shape?.Describe() ?? "none");
}
Console.WriteLine(Round(area, 2));

var matrix = new Matrix(2, 2) { [0, 0] = 1, [1, 1] = 2 };
matrix = matrix * matrix + Matrix.Identity(2);
Console.WriteLine(matrix[1, 1]);
Console.WriteLine(Total([1, 2, 3]) + Total(1.5, 2.5));

Pair pair = (1, 2);
(pair.Left, pair.Right) = (pair.Right, pair.Left);
Console.WriteLine(pair is (2, 1) ? "swapped" : "same");
int[] numbers = [.. Enumerable.Range(1, 10), 42];
Console.WriteLine(numbers is [1, .. var middle, 42] ? middle.Length : -1);
Span<int> part = numbers.AsSpan()[2..^2];
part.Reverse();
ref int first = ref part[0];
first = checked(first * 2);
int? maybe = numbers.Length > 3 ? numbers[3] : null;
maybe ??= 7;
Console.WriteLine($"{maybe:D3} {part.Length} {sizeof(int)} {default(int)} {typeof(Shape).Name}");
uint bits = 0b1010_1010, mask = ~bits & 0xff;
Console.WriteLine((bits << 2 | mask >> 1) ^ (bits >>> 3));
goto end;
end:
Console.WriteLine(BigInteger.Pow(2, 100));
do { first--; } while (first > 0);
switch (first)
{
    case 0 when area > 1:
    case > 10 and < 20:
        Console.WriteLine("in range");
        break;
    case < 0:
        throw new InvalidOperationException();
    default:
        break;
}

static T Total<T>(params T[] values) where T : struct, INumber<T>
{
    T sum = T.Zero;
    foreach (T value in values) sum += value;
    return sum;
}

interface IDescribed
{
    string Name { get; }
    string Describe() => $"a {Name}";
}

abstract record Shape : IDescribed
{
    public virtual string Name => GetType().Name.ToLowerInvariant();
    public string Describe() => ((IDescribed)this).Name;
    public static implicit operator double(Shape shape) => shape.GetHashCode();
}

sealed record Circle(double Radius) : Shape;

record Box(double Width, double Height) : Shape
{
    public Box(double side) : this(side, side) { }
}

record Ring : Shape
{
    public required double Inner { get; init; }
    public double Outer { get => field; set => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value)); }
}

readonly struct Matrix(int rows, int columns) : IEquatable<Matrix>
{
    private readonly double[,] _cells = new double[rows, columns];

    public double this[int row, int column]
    {
        get => _cells[row, column];
        init => _cells[row, column] = value;
    }

    public int Rows => _cells.GetLength(0);

    public static Matrix Identity(int size)
    {
        var result = new Matrix(size, size);
        for (int i = 0; i < size; i++) result._cells[i, i] = 1;
        return result;
    }

    public static Matrix operator +(Matrix a, Matrix b)
    {
        var sum = new Matrix(a.Rows, a.Rows);
        for (int i = 0; i < a.Rows; i++)
            for (int j = 0; j < a.Rows; j++)
                sum._cells[i, j] = a[i, j] + b[i, j];
        return sum;
    }

    public static Matrix operator *(Matrix a, Matrix b)
    {
        var product = new Matrix(a.Rows, a.Rows);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < a.Rows; j++)
            {
                double cell = 0;
                for (int k = 0; k < a.Rows; k++) cell += a[i, k] * b[k, j];
                product._cells[i, j] = cell;
            }
        }
        return product;
    }

    public bool Equals(Matrix other) => ReferenceEquals(_cells, other._cells);
    public override bool Equals(object? obj) => obj is Matrix other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(Rows, _cells.Length);
    public static bool operator ==(Matrix left, Matrix right) => left.Equals(right);
    public static bool operator !=(Matrix left, Matrix right) => !(left == right);
}
