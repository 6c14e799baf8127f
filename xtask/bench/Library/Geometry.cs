using System.Numerics;
using System.Runtime.Intrinsics;

namespace Bench.Library;

/// <summary>Vectors and matrices.</summary>
internal static class Geometry
{
    public static double Matrices()
    {
        Matrix4x4 all = Matrix4x4.Identity;
        float sum = 0;
        for (int i = 0; i < 500; i++)
        {
            Matrix4x4 turn = Matrix4x4.CreateRotationY(i * 0.01f) * Matrix4x4.CreateTranslation(i, 1, 2) * Matrix4x4.CreateScale(1.001f);
            all = Matrix4x4.Transpose(turn);
            sum += Matrix4x4.Invert(turn, out Matrix4x4 back) ? back.M11 + all.GetDeterminant() : 0;
            sum += Vector4.Transform(new Vector4(i, 1, 2, 1), turn).X;
        }

        return Math.Round(sum + all.M11, 0) > 0 ? 1 : 0;
    }

    public static double Points()
    {
        Vector3 position = Vector3.Zero, velocity = new(1, 2, 3);
        float sum = 0;
        for (int i = 0; i < 3000; i++)
        {
            Vector3 to = new(i % 17, i % 13, i % 11);
            Vector3 away = to - position;
            float distance = away.Length() + 1;
            velocity = Vector3.Lerp(velocity, Vector3.Normalize(away + Vector3.One) * distance, 0.1f);
            position += velocity * 0.01f;
            sum += Vector3.Dot(position, to) + Vector3.Cross(position, to).X + Vector3.Distance(position, to);
            sum += new Vector2(position.X, position.Y).LengthSquared();
        }

        return float.IsFinite(sum) ? 1 : 0;
    }

    public static double Rotations()
    {
        Quaternion all = Quaternion.Identity;
        Vector3 point = Vector3.UnitX;
        for (int i = 0; i < 1000; i++)
        {
            all = Quaternion.Normalize(all * Quaternion.CreateFromAxisAngle(Vector3.UnitY, 0.01f));
            point = Vector3.Transform(point, Quaternion.Slerp(all, Quaternion.Identity, 0.5f));
        }

        return Math.Round(point.Length(), 2);
    }

    public static double Wide()
    {
        int[] numbers = new int[4096];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i * 7 % 101;
        }

        Vector<int> sums = Vector<int>.Zero;
        for (int i = 0; i <= numbers.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            sums += new Vector<int>(numbers, i) * new Vector<int>(3);
        }

        Vector128<int> most = Vector128<int>.Zero;
        for (int i = 0; i <= numbers.Length - 4; i += 4)
        {
            most = Vector128.Max(most, Vector128.Create(numbers.AsSpan(i, 4)));
        }

        return Vector.Sum(sums) + most[0] + Vector128.Sum(most);
    }
}
