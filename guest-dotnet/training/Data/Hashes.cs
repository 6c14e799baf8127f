using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Training.Data;

/// <summary>Hashes, and what is made with them.</summary>
internal static class Hashes
{
    public static void All(Checksum sum)
    {
        byte[] data = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 3))], key = Encoding.UTF8.GetBytes("key");
        sum.Add(Convert.ToHexString(SHA1.HashData(data)));
        sum.Add(Convert.ToHexString(SHA256.HashData(data)));
        sum.Add(Convert.ToHexString(SHA384.HashData(data)));
        sum.Add(Convert.ToHexString(SHA512.HashData(data)));
        sum.Add(Convert.ToHexString(HMACSHA1.HashData(key, data)));
        sum.Add(Convert.ToHexString(HMACSHA256.HashData(key, data)));
        sum.Add(Convert.ToHexString(HMACSHA384.HashData(key, data)));
        sum.Add(Convert.ToHexString(HMACSHA512.HashData(key, data)));
        foreach (Func<HashAlgorithm> make in new Func<HashAlgorithm>[] { SHA1.Create, SHA256.Create, SHA384.Create, SHA512.Create, () => new HMACSHA256(key), () => new HMACSHA512(key) })
        {
            using HashAlgorithm algorithm = make();
            sum.Add(Convert.ToHexString(algorithm.ComputeHash(data)));
            sum.Add(Convert.ToHexString(algorithm.ComputeHash(new MemoryStream(data))));
            sum.Add(Convert.ToHexString(algorithm.ComputeHash(data, 5, 100)));
            algorithm.TransformBlock(data, 0, 64, null, 0);
            algorithm.TransformFinalBlock(data, 64, 100);
            sum.Add(Convert.ToHexString(algorithm.Hash!));
        }

        using IncrementalHash incremental = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        incremental.AppendData(data, 0, 10);
        incremental.AppendData(data.AsSpan(10));
        sum.Add(Convert.ToHexString(incremental.GetHashAndReset()));
        sum.Add(SHA256.TryHashData(data, new byte[32], out int written) ? written : -1);
        sum.Add(Convert.ToHexString(Rfc2898DeriveBytes.Pbkdf2("password", key, 10, HashAlgorithmName.SHA256, 32)));
        sum.Add(Convert.ToHexString(HKDF.DeriveKey(HashAlgorithmName.SHA256, data, 16)));
        sum.Add(CryptographicOperations.FixedTimeEquals(data, data));
        sum.Add(RandomNumberGenerator.GetBytes(16).Length + (RandomNumberGenerator.GetInt32(5) < 5 ? 1 : 0));
        sum.Add(RandomNumberGenerator.GetHexString(8).Length + RandomNumberGenerator.GetString("abc", 5).Length);
        sum.Add(Guid.NewGuid() != Guid.NewGuid() && Guid.CreateVersion7() != Guid.Empty);
        using CryptoStream stream = new(new MemoryStream(data), SHA256.Create(), CryptoStreamMode.Read);
        stream.CopyTo(Stream.Null);
        using CryptoStream base64 = new(new MemoryStream(), new ToBase64Transform(), CryptoStreamMode.Write);
        base64.Write(data);
        base64.FlushFinalBlock();
    }
}
