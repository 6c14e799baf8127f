using System.Numerics;

namespace Training.Numbers;

/// <summary>Vectors, matrices and rotations as games and graphics use them.</summary>
internal static class Geometry
{
    public static void Run(Checksum sum)
    {
        Two(sum);
        Three(sum);
        Four(sum);
        Turning(sum);
        Flat(sum);
    }

    private static void Two(Checksum sum)
    {
        Vector2 a = new(1, 2), b = new(3);
        sum.Add((a + b - (a * b) + (a / b) + (a * 2) + (2 * a) + (a / 2) + -a + Vector2.Zero + Vector2.One + Vector2.UnitX + Vector2.UnitY).X);
        sum.Add(a == b || a != b || a.Equals(b) || a.Equals((object)b));
        sum.Add(a.Length() + a.LengthSquared() + Vector2.Distance(a, b) + Vector2.DistanceSquared(a, b) + Vector2.Dot(a, b));
        sum.Add((Vector2.Normalize(a) + Vector2.Lerp(a, b, 0.5f) + Vector2.Min(a, b) + Vector2.Max(a, b) + Vector2.Clamp(a, a, b) + Vector2.Abs(a) + Vector2.Reflect(a, b)).Y);
        sum.Add(Vector2.Transform(a, Matrix3x2.CreateRotation(1)).X + Vector2.Transform(a, Matrix4x4.Identity).Y + Vector2.Transform(a, Quaternion.Identity).Y + Vector2.TransformNormal(a, Matrix3x2.Identity).X + Vector2.SquareRoot(b).X);
        sum.Add(a.ToString());
        sum.Add(a.GetHashCode() == a.GetHashCode());
        a.X += a[1];
        a[0] = 5;
    }

    private static void Three(Checksum sum)
    {
        Vector3 a = new(1, 2, 3), b = new(new Vector2(4, 5), 6), c = new(2);
        sum.Add((a + b - (a * b) + (a / b) + (a * 2) + (2 * a) + (a / 2) + -a + Vector3.Zero + Vector3.One + Vector3.UnitX + Vector3.UnitY + Vector3.UnitZ).Z);
        sum.Add(a == b || a != b || a.Equals(b) || a.Equals((object)b));
        sum.Add(a.Length() + a.LengthSquared() + Vector3.Distance(a, b) + Vector3.DistanceSquared(a, b) + Vector3.Dot(a, b) + Vector3.Cross(a, b).X);
        sum.Add((Vector3.Normalize(a) + Vector3.Lerp(a, b, 0.5f) + Vector3.Min(a, b) + Vector3.Max(a, b) + Vector3.Clamp(a, a, b) + Vector3.Abs(a) + Vector3.Reflect(a, c) + Vector3.SquareRoot(c)).Y);
        Matrix4x4 matrix = Matrix4x4.CreateRotationX(0.5f);
        sum.Add(Vector3.Transform(a, matrix).Y + Vector3.TransformNormal(a, matrix).Y + Vector3.Transform(a, Quaternion.Identity).X);
        sum.Add((Vector3.Add(a, b) + Vector3.Subtract(a, b) + Vector3.Multiply(a, b) + Vector3.Multiply(a, 2) + Vector3.Divide(a, b) + Vector3.Divide(a, 2) + Vector3.Negate(a)).X);
        sum.Add(a.ToString());
        sum.Add(a.GetHashCode() == a.GetHashCode());
        a.CopyTo(new float[3]);
        a.Z += a[1];
        a[0] = 5;
        a += b;
        a -= b;
        a *= 2;
        sum.Add(a.X);
    }

    private static void Four(Checksum sum)
    {
        Vector4 a = new(1, 2, 3, 4), b = new(new Vector3(4, 5, 6), 7), c = new(2);
        sum.Add((a + b - (a * b) + (a / b) + (a * 2) + (2 * a) + (a / 2) + -a + Vector4.Zero + Vector4.One + Vector4.UnitX + Vector4.UnitW).Z);
        sum.Add(a == b || a != b || a.Equals(b));
        sum.Add(a.Length() + a.LengthSquared() + Vector4.Distance(a, b) + Vector4.Dot(a, b));
        sum.Add((Vector4.Normalize(a) + Vector4.Lerp(a, b, 0.5f) + Vector4.Min(a, b) + Vector4.Max(a, b) + Vector4.Clamp(a, a, c) + Vector4.Abs(a)).Y);
        sum.Add(Vector4.Transform(a, Matrix4x4.CreateScale(2)).X + Vector4.Transform(new Vector3(1, 2, 3), Matrix4x4.Identity).X + Vector4.Transform(a, Quaternion.Identity).X);
        sum.Add(a.ToString());
        sum.Add(a.GetHashCode() == a.GetHashCode());
        Plane plane = Plane.Normalize(new(new Vector3(0, 2, 0), 5));
        sum.Add(plane.D + Plane.DotCoordinate(plane, new(1, 2, 3)) + Plane.DotNormal(plane, new(1, 2, 3)) + Plane.CreateFromVertices(new(0, 0, 0), new(1, 0, 0), new(0, 0, 1)).Normal.Y);
    }

    private static void Turning(Checksum sum)
    {
        Matrix4x4 a = Matrix4x4.CreateRotationX(0.1f) * Matrix4x4.CreateRotationY(0.2f) * Matrix4x4.CreateRotationZ(0.3f), b = Matrix4x4.CreateTranslation(new Vector3(1, 2, 3));
        a = (a * b) + (a - b) + (a * 2) - Matrix4x4.CreateTranslation(4, 5, 6) + -a;
        a *= Matrix4x4.CreateScale(1, 2, 3) * Matrix4x4.CreateScale(new Vector3(2)) * Matrix4x4.CreateScale(2) * Matrix4x4.CreateFromAxisAngle(Vector3.UnitY, 0.5f);
        sum.Add(a.GetDeterminant() > 0 || a.IsIdentity || a == b || a != b || a.Equals(b));
        sum.Add(Matrix4x4.Invert(b, out Matrix4x4 back) && back.M41 < 0);
        sum.Add(Matrix4x4.Transpose(a).M12 > 0);
        sum.Add(b.Translation.X + b[3, 1]);
        Matrix4x4 view = Matrix4x4.CreateLookAt(new(1, 2, 3), Vector3.Zero, Vector3.UnitY) * Matrix4x4.CreatePerspectiveFieldOfView(1, 1.5f, 0.1f, 100) * Matrix4x4.CreateOrthographic(2, 2, 0.1f, 10);
        sum.Add(view.M11 > 0 && Matrix4x4.Lerp(a, b, 0.5f).M11 != view.M22);
        sum.Add(Matrix4x4.Decompose(b, out Vector3 scale, out Quaternion turned, out Vector3 moved) && scale.X + turned.W + moved.X > 0);
        sum.Add(a.GetHashCode() == a.GetHashCode() && a.ToString().Length > 0);
        Quaternion p = Quaternion.CreateFromAxisAngle(Vector3.UnitY, 0.5f), q = Quaternion.CreateFromYawPitchRoll(0.1f, 0.2f, 0.3f);
        p = Quaternion.Normalize(p * q * Quaternion.Inverse(p) * Quaternion.Conjugate(q)) + (p - q) + -p + (p * 2);
        sum.Add(p.Length() + p.LengthSquared() + Quaternion.Dot(p, q) > 0 || p == q || p != q || p.Equals(q) || p.IsIdentity);
        sum.Add((Quaternion.Slerp(p, q, 0.3f) * Quaternion.Lerp(p, q, 0.3f) * Quaternion.Concatenate(p, q) * Quaternion.CreateFromRotationMatrix(Matrix4x4.CreateRotationX(1))).W > 0);
        sum.Add((Matrix4x4.CreateFromQuaternion(q) * Matrix4x4.Transform(b, q)).M11 > 0);
        sum.Add(Vector3.Transform(Vector3.UnitX, q).X > 0 && Vector3.Transform(Vector3.UnitX, Matrix4x4.CreateFromYawPitchRoll(1, 2, 3)).X < 2);
    }

    private static void Flat(Checksum sum)
    {
        Matrix3x2 a = Matrix3x2.CreateRotation(0.5f) * Matrix3x2.CreateScale(2) * Matrix3x2.CreateTranslation(1, 2) * Matrix3x2.CreateScale(new Vector2(1, 2)) * Matrix3x2.CreateTranslation(new Vector2(1, 2));
        sum.Add(Matrix3x2.Invert(a, out Matrix3x2 back) && (a * back).IsIdentity | true);
        sum.Add(a.GetDeterminant() > 0 && a.Translation.X > 0 && a != Matrix3x2.Identity);
        Complex z = new(1, 2);
        sum.Add((z * z) + (z / new Complex(0, 1)) - Complex.Conjugate(z) + (z * 2) + Complex.Pow(z, 2) + Complex.Sqrt(z) is { Real: > -100, Imaginary: < 100 });
        sum.Add(z.Magnitude + Complex.Abs(z) > 4 && z.Phase > 0 && z == new Complex(1, 2) && Complex.FromPolarCoordinates(1, 2).Real < 1);
    }
}
