using System.Security.Cryptography;

namespace Bench.Library;

internal static class Secrets
{
    private static readonly byte[] Data = MakeData();

    /// <summary>As many rounds as are advised for passwords.</summary>
    public static double Passwords()
    {
        const int Rounds = 600_000;
        return Sum(Rfc2898DeriveBytes.Pbkdf2("correct horse battery staple", "sixteen bytes..."u8, Rounds, HashAlgorithmName.SHA256, 32));
    }

    public static double Sealed()
    {
        byte[] output = new byte[Data.Length], tag = new byte[16];
        using AesGcm gcm = new(Data.AsSpan(0, 32), tag.Length);
        gcm.Encrypt(Data.AsSpan(40, 12), Data, output, tag);
        return Sum(tag);
    }

    public static double Signatures()
    {
        using RSA rsa = RSA.Create();
        rsa.ImportFromPem(Key);
        double sum = 0;
        for (int i = 0; i < 10; i++)
        {
            sum += Sum(rsa.SignData(Data.AsSpan(i, 100), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        return sum;
    }

    public static double Digests()
    {
        double sum = 0;
        for (int i = 0; i < 1000; i++)
        {
            sum += Sum(SHA256.HashData(Data.AsSpan(i, 64)));
        }

        return sum;
    }

    private static double Sum(byte[] bytes) => bytes.Select((value, i) => (double)value * (i + 1)).Sum();

    private static byte[] MakeData()
    {
        byte[] data = new byte[1 << 20];
        new Random(7).NextBytes(data);
        return data;
    }

    // For this program alone: it protects nothing.
    private const string Key = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAtrENfhUlN6K7UXvFEUTDmUPgbLwCZ5b/l055BDIQWb28k6Bt
        OWd0PVyBfS5D68PrRw4IOWIN2mAuKWa6MbGRXOVQqoHx25UEWHGdDQ/54IPOBmVb
        dBvMVloXg57KKvHIh9iugR9/iShuURdJL6E9b8X6lUcbz9JOAHXfsdh6Hgi+eN1r
        0SdvpeX4Awvr5aJOENuhVmIWNlfslMba4Yri+fGSc/+iW9yNozwmVejVr7b1A3P+
        RGVeVoN8mOHXxt/3BWFeRiBk3L7Z6dybDzosQtl3u0ADDcvpeMNywCzQTwReuyIo
        gHK92vVuL3fc+wDvE26kzWjlmhBjJssG6ntCCQIDAQABAoIBABDBnoYw9E/tChdI
        LeQOlY4qLpxqhiHwNJMxLGJZISzJ/VDhBwOb3IqAQJQ1uR8Xwi2rOM/ikXi1F6bO
        eEd0jOujUMnCz2cffN2L1ibLj1SrYisuArxcjFpjOwLkfpB/yq/DDQZk2DLBVZT0
        eM74kAT/eKNWeVOPa34ZUaIjQ9gbN3XtzLndzqe8ZgOtyeY1VU0geQ0BSMjeSXuC
        e6tYsOCfpuGI+sKff9elCZbD8JFSXBWTK5QjekCE7iR1y4xDogdKMVu1eOfik2Et
        fVd/pds5V77C2uqXVVcgcToWv2/MxmvZi6w3JnUJ7wfOaIHF1y9dII05Lrh2vBzO
        bxA1IO0CgYEA5grkFPoEuYotdngt9N1/1ZJD9OJ0hDAP6Ygv42kIKR1URSxv9M3e
        NsBGd19YABhVLke07UDvnGzyDci4BvSgD2O7mouFZS2Q2O/lsjcCku6Mvl75rJHm
        JxE4Z2xzybw8sU2+LKQug9QhLtTYC0+thlklFoirRvzy2mMy+YFHddMCgYEAy05c
        to0YCsBSxcQdT+oOpTFjlIpQucDQ9j0ZfjpxmItKUVwuGExwSWE9b23rRz/HwjjG
        jjX3uKDRq72j1OhCnjZFsx+h/+yzH90YUciLhqNruti8UmtG/fdfwlmkxhInR4de
        +ozjkIQbqmPj0dT2cKP1JhT3tnp4sR1uvzvLczMCgYEAv7cv4nODYIXR4bvCwSGg
        GgOt8vaPmGLdwAipsGKmVG2G/6dLHsA7g3G2yGGDW4Dr7IgCNwA5MSpyiB5RkCpr
        Aqhhfyjr4SiaYNF9oorJ8F4yma1ZcwKcxs5JLZhq3yOriTB7X4Ts5xzxErB75OFg
        gmjkyeTYqW7BjlPB9cJSJdUCgYB24xgsWE3a26SLqadKeCCgUUVeM5QJS8vmcsxZ
        mGudPLb05Oa/ptNy1b5LTwfq3k0+Ml1KBB0chk6WE4uekUODqVEQ8kqVkiEdXPk/
        ufp9fUseNGfL+pfFI8eHq0xD15HIrkzIT2Mzu01CUq+CoPqL3BUbc993gh7Z09BT
        W/AZKQKBgGHUXgpM3D4F/6Abji9by6ruP8U99THJwOwvesiGyC7dMbUl30kkv5lr
        hqoV6EijAE5FGehYR7+hz/oWd78T1UXYGPkZxucxlHNrGYnoukL4zY0LmwZLWxdi
        nNw4YzFieSAXSdlqciU4aOwmo2b5lW2c8/rykyuQOGX0ywLx4f/9
        -----END RSA PRIVATE KEY-----
        """;
}
